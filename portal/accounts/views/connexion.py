"""Signing in and the page of the account."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache


class ConnexionView(LoginView):
    template_name = "accounts/connexion.html"
    redirect_authenticated_user = True


@never_cache
@login_required
def compte(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/compte.html")
