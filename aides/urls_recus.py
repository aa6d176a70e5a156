from django.urls import path

from aides.views import recus

urlpatterns = [
    path("", recus.recu_form, name="recu_form"),
    path("nouveau/", recus.recu_new, name="recu_new"),
    path("<str:code>/", recus.recu_detail, name="recu_detail"),
    path("<str:code>/pdf/", recus.recu_pdf, name="recu_pdf"),
]
