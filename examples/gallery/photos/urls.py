"""The pages of photos."""

from django.urls import path

from photos import views

urlpatterns = [
    path("", views.index, name="index"),
    path("sign-up/", views.sign_up, name="sign-up"),
    path("add/", views.add, name="add"),
    path("<int:photo_id>/remove/", views.remove, name="remove"),
    path("health", views.health, name="health"),
]
