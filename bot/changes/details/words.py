"""Words of the details."""

NAME = "Name"
EMAIL = "E-mail"
FINGERPRINT = "Fingerprint"
FINGERPRINT_HINT = "What keeps one person from starting several trials. Leave it as it is unless you know."
NOTHING_ALTERED = "Nothing is altered yet."
