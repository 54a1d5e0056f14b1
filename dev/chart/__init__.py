"""The chart's workshop: fetching what checks it, and writing the parts of helm/ that are made from other files."""
