"""Instants are nanoseconds since 1970; here they become dates and times, to the microsecond."""

from datetime import datetime, timedelta, timezone

START = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(instant):
    return START + timedelta(microseconds=instant // 1000)


def parsed(text):
    """What ISO 8601 text says, in UTC if it does not say where; ValueError if it is none."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)
