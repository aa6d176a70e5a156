"""The sign of life of the background work: the beat asks every 30 seconds, a worker answers."""

import time

import redis
from celery import shared_task
from django.conf import settings

CLE_BATTEMENT = "maillage:battement"


@shared_task(ignore_result=True)
def write_heartbeat() -> None:
    """Write the second at which this ran. The supervisor starts the worker again when it grows old."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.set(CLE_BATTEMENT, f"{time.time():.0f}", ex=3600)
    finally:
        client.close()
