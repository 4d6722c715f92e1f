"""How Django's own screens write a moment: as ours do, with the zone, in every language."""

DATETIME_FORMAT = "Y-m-d H:i:s T"
