"""What to do about a dead letter, by its reason."""

from collections.abc import Mapping

ROW = (
    "The row is damaged, or of a layout that this release does not know. Save it with `show --value`: "
    "a release that knows the layout reads such lines with the reader `file`"
)
NEWER = (
    "Its writer is newer than this service, or is none of ours. Update the service, "
    "or find out who else writes to the topic"
)
MAPPING = (
    "A mapping of the data stream contradicts the document. Install our template with `sk2siem init`, "
    "roll the data stream over, then replay"
)
TOO_LARGE = (
    "The SIEM takes no event of this size. Raise its limit (Splunk: max_content_length in limits.conf; "
    "Elasticsearch: http.max_content_length), then replay"
)
BUG = "Our rendering made it invalid. Report it with the output of `show`; replay after an update"
OTHER = "Look at the message and at the record with `show`"

BY_REASON: Mapping[str, str] = {
    "corrupt-record": NEWER,
    "unknown-type": NEWER,
    "too-large": TOO_LARGE,
    "failure-store": "Elasticsearch has kept it in the failure store (<data stream>::failures). " + MAPPING,
    "document_parsing_exception": MAPPING,
    "mapper_parsing_exception": MAPPING,
    "strict_dynamic_mapping_exception": MAPPING,
    "illegal_argument_exception": MAPPING,
    "action_request_validation_exception": BUG,
    "hec-5": BUG,
    "hec-6": "Splunk could not read the event: see whether it is larger than maxEventSize in inputs.conf, then replay",
    "hec-12": BUG,
    "hec-13": BUG,
    "hec-15": BUG,
}


def hint(reason: str, service: str) -> str:
    """One or two sentences without the last full stop."""
    if service == "producer":
        return ROW
    return BY_REASON.get(reason, OTHER)
