from django.apps import AppConfig
from django.contrib.admin import apps as administration


class AccountsConfig(AppConfig):
    default = True
    name = "portal.accounts"
    label = "accounts"
    verbose_name = "Comptes"


class AdministrationConfig(administration.AdminConfig):
    """The administration of Django, with the home, the sign-in and the rights of the portal."""

    default = False
    default_site = "portal.accounts.site.SiteAdministration"
