"""The project: settings, urls, Celery, launcher of the embedded services, and the small apps all others use."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
