#!/bin/sh
# Installs the gallery from the folder that it is in. As root, on Debian 12; /etc/gallery.env has to be there.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends python3-venv nginx
id gallery >/dev/null 2>&1 || useradd --system --home-dir /srv/gallery --shell /usr/sbin/nologin gallery
mkdir -p /srv/gallery
cp -r "$here"/manage.py "$here"/gallery "$here"/photos "$here"/requirements.txt /srv/gallery/
python3 -m venv /srv/gallery/venv
/srv/gallery/venv/bin/pip install -q -r /srv/gallery/requirements.txt
chmod 600 /etc/gallery.env
cd /srv/gallery
set -a && . /etc/gallery.env && set +a
venv/bin/python manage.py collectstatic --noinput
cp "$here"/deploy/gallery.service "$here"/deploy/gallery.socket /etc/systemd/system/
cp "$here"/deploy/nginx.conf /etc/nginx/sites-available/gallery
ln -sf ../sites-available/gallery /etc/nginx/sites-enabled/gallery
rm -f /etc/nginx/sites-enabled/default
systemctl daemon-reload
systemctl enable --now gallery.socket gallery.service nginx
systemctl reload nginx
