"""A form to sign up with: name, e-mail, password and a file. Rows go into MySQL, files into S3.

`python3 form.py` serves it on port 80 (or $PORT); gunicorn takes it as `form:app`. It finds its AWS credentials as
boto3 does: on an instance, those of the instance's role.
"""

import os
import uuid

import config
from attachments import Attachments
from flask import Flask, Response, redirect, render_template, request, url_for
from users import Users
from werkzeug.security import generate_password_hash
from werkzeug.utils import secure_filename

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 20 * 1024 * 1024
attachments = Attachments(config)
users = Users(config)


@app.get("/")
def form() -> str:
    return render_template("form.html")


@app.post("/")
def sign_up() -> tuple[str, int] | Response:
    given = {name: request.form.get(name, "").strip() for name in ("name", "email")}
    password = request.form.get("password", "")
    if not all(given.values()) or not password or "@" not in given["email"]:
        return render_template("form.html", error="Name, e-mail and password are needed.", **given), 400
    file = request.files.get("attachment")
    key = None
    if file is not None and file.filename:
        if not config.S3_BUCKET:
            return render_template("form.html", error="No bucket is set for attachments.", **given), 400
        key = f"{uuid.uuid4()}/{secure_filename(file.filename) or 'file'}"
        attachments.put(key, file.stream, file.mimetype)
    users.add(given["name"], given["email"], generate_password_hash(password, "pbkdf2:sha256"), key)
    return redirect(url_for("thanks"))


@app.get("/thanks")
def thanks() -> str:
    return render_template("thanks.html")


@app.get("/admin")
def admin() -> str:
    """Everybody who has signed up. A real application asks who wants to see that."""
    rows = [{**row, "link": row["attachment"] and attachments.link(row["attachment"])} for row in users.all()]
    return render_template("admin.html", rows=rows)


@app.get("/health")
def health() -> tuple[str, int]:
    return "ok\n", 200


@app.errorhandler(500)
def failed(error: Exception) -> tuple[str, int]:
    """What went wrong is in the log, with its traceback: Flask writes it there."""
    return render_template("failed.html"), 500


if __name__ == "__main__":
    app.run("0.0.0.0", int(os.environ.get("PORT", "80")))  # noqa: S104 - the security group says who reaches it
