from django.urls import path

from aides.views import plan

urlpatterns = [path("", plan.plan, name="plan")]
