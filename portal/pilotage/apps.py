from django.apps import AppConfig


class PilotageConfig(AppConfig):
    name = "portal.pilotage"
    label = "pilotage"
    verbose_name = "Pilotage"
