#!/bin/sh
# Removes tirek and leaves what belongs to the school: /var/lib/tirek and /etc/tirek.
set -eu
[ "$(id -u)" = 0 ] || { echo "root is needed: sudo sh $0" >&2; exit 1; }
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
units="tirek-kiosk.service tirek-teacher.service tirek-projector.service tirek-kiwix.service tirek.service tirek-screen.socket tirek-web.socket tirek-maintain.timer tirek-settle.timer"
for unit in $units; do systemctl disable --quiet --now "$unit" 2>/dev/null || true; done
rm -f /usr/lib/systemd/system/tirek.service /usr/lib/systemd/system/tirek-*.* /usr/lib/systemd/system/tirek.slice \
    /usr/lib/sysusers.d/tirek.conf /usr/lib/tmpfiles.d/tirek.conf /usr/lib/modules-load.d/tirek.conf \
    /usr/lib/systemd/journald.conf.d/tirek.conf /usr/lib/systemd/system.conf.d/tirek.conf \
    /usr/lib/sysctl.d/60-tirek.conf /usr/lib/udev/rules.d/60-tirek.rules /usr/lib/udev/rules.d/61-tirek-stick.rules /usr/local/bin/tirek \
    /etc/chromium/policies/managed/tirek.json /etc/tirek/bundle.pub
rm -rf /opt/tirek
systemctl daemon-reload
echo "tirek: removed; recordings and registers are still in /var/lib/tirek, the configuration in /etc/tirek"
