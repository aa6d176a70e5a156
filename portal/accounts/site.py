"""The administration: for the agents who hold a mandat in force, and for those who keep the machine."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from portal.accounts.portee import read_portee
from portal.accounts.securite import is_verified
from portal.accounts.sessions import close_session
from portal.core.accueil import list_sections

APPS_CACHEES = frozenset({"otp_totp", "otp_static", "axes"})


class SiteAdministration(admin.AdminSite):
    """Signing in and out and changing a password are those of the portal: one way, one set of limits."""

    site_header = "Administration de Maillage"
    site_title = "Administration de Maillage"
    index_title = "Mes tâches"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        if not request.user.is_active or not read_portee(request.user).est_agent:
            return False
        return not settings.MAILLAGE_DEUX_FACTEURS or is_verified(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where a refused page leads: to sign in, to give the second factor, or nowhere for who is not an agent."""
        suite = read_next(request) or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(suite)
        if self.has_permission(request):
            return redirect(suite)
        if read_portee(request.user).est_agent:
            return redirect(f"{reverse('second_facteur')}?{urlencode({'next': suite})}")
        raise PermissionDenied

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The history of an object asks for the right before it looks for the object: both refusals are alike."""
        if getattr(view, "__name__", "") == "history_view":
            histoire = view

            def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not histoire.__self__.has_view_or_change_permission(request):
                    raise PermissionDenied
                reponse: HttpResponse = histoire(request, *args, **kwargs)
                return reponse

        return super().admin_view(view, cacheable)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """The keys of the second factors and the tables of django-axes are shown to nobody."""
        modeles: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        super().register([m for m in modeles if m._meta.app_label not in APPS_CACHEES], admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Sixty questions of rights: asked once a page, and only by the pages that show the tables."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        if not hasattr(request, "rubriques"):
            request.rubriques = SimpleLazyObject(lambda: super(SiteAdministration, self).get_app_list(request))  # type: ignore[attr-defined]
        return request.rubriques  # type: ignore[attr-defined]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What waits for this person, app by app; the tables themselves are below."""
        return super().index(request, {"sections": list_sections(request), **(extra_context or {})})

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST":
            close_session(request)
        return redirect("connexion")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("mot_de_passe")


def read_next(request: HttpRequest) -> str:
    """Where to go afterwards: an address of this portal, or "" (never another host, script or scheme)."""
    suite = request.POST.get("next", request.GET.get("next", ""))
    permis = url_has_allowed_host_and_scheme(suite, {request.get_host()}, require_https=request.is_secure())
    return suite if permis else ""
