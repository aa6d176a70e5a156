from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate

from portal.core.octrois import grant_octrois
from portal.core.verifications import check_antivirus, tell_antivirus


class CoreConfig(AppConfig):
    name = "portal.core"
    label = "core"
    verbose_name = "Socle"

    def ready(self) -> None:
        post_migrate.connect(grant_octrois, sender=self, dispatch_uid="core.octrois")
        register(check_antivirus)
        register(tell_antivirus, deploy=True)
