"""The contract between the services: records, their JSON Schemas and examples, codec, ids and topics."""
