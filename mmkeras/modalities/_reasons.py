"""Why a row cannot be answered: the codes that a served model gives."""

MISSING = "missing"
UNKNOWN_FORMAT = "unknown_format"
UNSUPPORTED = "unsupported"
TOO_LARGE = "too_large"
DAMAGED = "damaged"
NOT_UTF8 = "not_utf8"
NOT_A_NUMBER = "not_a_number"

#: What each means, for documents.
REASONS = {
    MISSING: "the value is empty, and the input is not optional",
    UNKNOWN_FORMAT: "the first bytes are of no format that is decoded",
    UNSUPPORTED: "the format is known, but not this variant of it",
    TOO_LARGE: "the header claims more than the input's limit",
    DAMAGED: "the bytes are damaged or cut short",
    NOT_UTF8: "the text is not valid UTF-8",
    NOT_A_NUMBER: "the text is not a finite decimal number",
}
