from django.apps import AppConfig


class CptsConfig(AppConfig):
    name = "cpts"
    label = "cpts"
    verbose_name = "CPTS et structures"
