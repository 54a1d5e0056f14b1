"""A living partition without a partition: an audit journal with office hours, nightly jobs and scans, from a seed."""
