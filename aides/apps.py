from django.apps import AppConfig


class AidesConfig(AppConfig):
    name = "aides"
    label = "aides"
    verbose_name = "Aides"
