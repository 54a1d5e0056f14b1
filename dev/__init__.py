"""The local stack: real parts of the pipeline's surroundings, started on one machine for development and tests."""
