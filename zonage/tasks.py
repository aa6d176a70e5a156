"""Work that may run later and twice: by keys, never by content."""

from celery import shared_task
from django.db.utils import OperationalError

from zonage.services import refresh_zones


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def refresh_zones_task(professions: list[str] | None = None, regions: list[str] | None = None) -> int:
    """Rebuild the read table for some professions and régions. Returns the rows changed: 0 the second time."""
    return refresh_zones(professions, regions)
