from django.apps import AppConfig


class ZonageConfig(AppConfig):
    name = "zonage"
    label = "zonage"
    verbose_name = "Zonage"
