"""The project: settings, urls, Celery, launcher of the embedded services, and the small apps that every other one uses."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
