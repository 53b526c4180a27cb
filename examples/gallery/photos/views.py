"""The pages: everybody sees the gallery; who has signed in adds photos and removes their own."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from photos.models import Photo

PhotoForm = modelform_factory(Photo, fields=["title", "image"])


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "photos/index.html", {"photos": Photo.objects.select_related("owner")[:100]})


@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    form = UserCreationForm(request.POST or None)
    if form.is_valid():
        login(request, form.save())
        return redirect("index")
    return render(request, "photos/form.html", {"form": form, "title": "Sign up"})


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = PhotoForm(request.POST or None, request.FILES or None, instance=Photo(owner=request.user))
    if form.is_valid():
        form.save()
        return redirect("index")
    return render(request, "photos/form.html", {"form": form, "title": "Add a photo"})


@login_required
@require_POST
def remove(request: HttpRequest, photo_id: int) -> HttpResponse:
    photo = get_object_or_404(Photo, pk=photo_id, owner=request.user)
    photo.delete()
    photo.image.delete(save=False)
    return redirect("index")


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers and health checks."""
    return HttpResponse("ok\n", content_type="text/plain")
