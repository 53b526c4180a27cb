"""The gallery as its users meet it. With BUCKET, files go to S3; `manage.py test` runs them either way."""

import io
from pathlib import PurePosixPath

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse
from PIL import Image

from photos.models import Photo


def picture(name="red.png"):
    content = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


class Gallery(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("collectstatic", interactive=False, verbosity=0)
        cls.anne = User.objects.create_user("anne", password="a long password")
        cls.bert = User.objects.create_user("bert", password="a long password")

    def add(self, **more):
        self.client.force_login(self.anne)
        return self.client.post(reverse("add"), {"title": "Red", "image": picture(), **more})

    def test_who_signs_up_is_signed_in(self):
        passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}
        self.client.post(reverse("sign-up"), {"username": "carl", **passwords})
        self.assertContains(self.client.get("/"), "Sign out carl")

    def test_a_photo_is_shown_to_everybody_with_a_link_to_its_bytes(self):
        self.assertRedirects(self.add(), "/")
        self.client.logout()
        page = self.client.get("/")
        self.assertContains(page, "Red, by anne")
        photo = Photo.objects.get()
        self.assertContains(page, photo.image.url.replace("&", "&amp;"))
        with photo.image.open() as file:
            self.assertEqual(Image.open(file).getpixel((0, 0)), (255, 0, 0))

    def test_two_photos_of_one_name_are_two_files(self):
        self.add()
        self.add()
        self.assertEqual(len({photo.image.name for photo in Photo.objects.all()}), 2)

    def test_who_has_not_signed_in_adds_nothing(self):
        answer = self.client.post(reverse("add"), {"title": "Red", "image": picture()})
        self.assertRedirects(answer, reverse("login") + "?next=/add/")
        self.assertFalse(Photo.objects.exists())

    def test_what_is_no_image_is_refused(self):
        answer = self.add(image=SimpleUploadedFile("red.png", b"text", "image/png"))
        self.assertContains(answer, "Upload a valid image")

    def test_only_the_owner_removes_a_photo_and_its_bytes_go_with_it(self):
        self.add()
        photo = Photo.objects.get()
        self.client.force_login(self.bert)
        self.assertEqual(self.client.post(reverse("remove", args=[photo.pk])).status_code, 404)
        self.client.force_login(self.anne)
        self.client.post(reverse("remove", args=[photo.pk]))
        self.assertFalse(Photo.objects.exists())
        self.assertFalse(default_storage.exists(photo.image.name))

    def test_static_files_and_uploads_have_places_of_their_own(self):
        self.assertTrue(storages["staticfiles"].exists("photos/gallery.css"))
        self.add()
        if settings.BUCKET:
            name = PurePosixPath(Photo.objects.get().image.name)
            keys = {each.key for each in default_storage.bucket.objects.all()}
            self.assertIn(f"media/{name}", keys)
            self.assertIn("static/photos/gallery.css", keys)

    def test_health_needs_no_database(self):
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/health").content, b"ok\n")
