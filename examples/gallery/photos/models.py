"""What the gallery keeps: the row in the database, the bytes in the storage of uploads."""

from django.conf import settings
from django.db import models


class Photo(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="photos")
    title = models.CharField(max_length=200)
    image = models.ImageField(upload_to="photos/%Y/%m")
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-added", "-id")

    def __str__(self) -> str:
        return self.title
