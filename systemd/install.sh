#!/bin/sh
# Installs tirek from this folder, without a network: sudo sh install.sh [--kiosk] [--anyway] [--older]
# --kiosk: this computer has a screen and a projector, and shows the teacher's screen and the lesson by itself.
# --anyway: also in the middle of a lesson. --older: also a release that was made before the one that runs.
# A second time it changes nothing; from a newer bundle it puts the new release beside the old one, on trial.
set -eu
bundle=$(cd "$(dirname "$0")" && pwd)
home=/opt/tirek
started=$(date +%s)
kiosk=
anyway=${TIREK_ANYWAY:-} # `tirek upgrade` says these, for an installer of before would not know the words
older=${TIREK_OLDER:-}
release=
# Who calls brings no search paths: `python3 -m venv` would take a venv.py of the folder one is in, and run it as root.
cd /
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive
umask 022

step() { echo "tirek: $*"; }
refuse() { echo "tirek: nothing was changed: $*" >&2; exit 1; }
clean() { # half of a release takes room; the spoilt one that was there is more
    [ ! -e "$home/$release/complete" ] || return 0
    rm -rf "${home:?}/$release"
    [ ! -e "$home/$release.spoilt" ] || mv "$home/$release.spoilt" "$home/$release"
}
put() { # file, where to: a power cut leaves the old one or the new one, and never an empty one
    cmp -s "$1" "$2" || { install -m 644 "$1" "$2.new" && sync "$2.new" && mv -f "$2.new" "$2"; }
}
field() {
    sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "${2:-$bundle}/bundle.json" 2>/dev/null || true
}
lessons() { # the names of those that run here; nothing where nobody answers: that is a reason for another release
    /usr/bin/python3 -I - 2>/dev/null <<'END' || true
import json, urllib.request as web
with web.build_opener(web.ProxyHandler({})).open("http://127.0.0.1/api/streams", timeout=3) as answer:
    print(*(each["name"] for each in json.loads(answer.read(1 << 20))["streams"] if each["live"]), sep=", ")
END
}
screens="sway foot chromium seatd fonts-dejavu-core xkb-data"
debian() { # apt, which knows of nothing but this bundle's packages: what fits together is its business
    for deb in "$bundle"/debs/*.deb; do set -- "--with-source=$deb" "$@"; done
    apt-get -qq -y -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dpkg::Options::=--force-confdef \
        -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 \
        --no-install-recommends --no-remove --no-upgrade "$@" </dev/null
}
screens_are_there() { # whatever else of this Debian could not be configured
    # shellcheck disable=SC2086 # names without blanks
    table=$(dpkg-query -W -f '${db:Status-Status}\n' $screens 2>/dev/null) && ! echo "$table" | grep -qvx installed
}
imports() { "$home/$1/bin/python" -c "import $2" 2>/dev/null; } # fails if it is damaged, or of another Debian
sockets="tirek-screen.socket tirek-web.socket"
opened() { for socket in $sockets; do systemctl is-active --quiet "$socket" || return 1; done; }
runs() { # whether this release was started, and is whole: an installation may have been cut off just before
    [ -n "$whole" ] && [ "$(readlink "$home/current")" = "$release" ] && ! grep -qs ' 0$' "$home/pending"
}
in_lesson() { # whether this would interrupt one; a second time nothing is started anew
    [ -z "$anyway" ] && { ! runs || ! opened; } && names=$(lessons) && [ -n "$names" ]
}

[ "$(id -u)" = 0 ] || refuse "root is needed: sudo sh $0"
for word in "$@"; do
    case $word in
    --kiosk) kiosk=$word ;;
    --anyway) anyway=$word ;;
    --older) older=$word ;;
    *) refuse "$word is not known; there are only --kiosk, --anyway and --older" ;;
    esac
done
set --
[ -r "$bundle/SHA256SUMS" ] || refuse "$bundle is no bundle: SHA256SUMS is missing"
id=$(field id); wanted_python=$(field python); wanted_machine=$(field machine); wanted_debian=$(field debian)
megabytes=$(field megabytes)
case $id in '' | *[!A-Za-z0-9.+_-]* | .*) refuse "$bundle/bundle.json is damaged" ;; esac
release=releases/$id

# shellcheck source=/dev/null
system=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
[ "$system" = "debian $wanted_debian" ] || refuse "this bundle is for Debian $wanted_debian, and this is $system"
[ "$(uname -m)" = "$wanted_machine" ] || refuse "this bundle is for $wanted_machine, and this computer is $(uname -m)"
python=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo missing)
[ "$python" = "$wanted_python" ] || refuse "Python $wanted_python is needed, and this computer's is $python"
[ -d /run/systemd/system ] || refuse "systemd does not run on this computer"
! systemctl is-enabled --quiet tirek-kiosk.service 2>/dev/null || kiosk=--kiosk # it has them, and keeps them
if [ -n "$kiosk" ] && [ ! -x /usr/bin/sway ]; then
    ls "$bundle"/debs/sway_*.deb >/dev/null 2>&1 || refuse "sway is missing: this bundle was not made with KIOSK=1"
fi
[ "$(id -u tirek 2>/dev/null || echo 0)" -lt 1000 ] ||
    refuse "a person's account here is called tirek, which is the daemon's name: usermod --login ANOTHER-NAME tirek"
exec 9>/run/tirek-install.lock
flock -n 9 || refuse "another installation runs"

step "comparing the bundle with its list"
(cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) ||
    refuse "the bundle is damaged: copy it to the stick again"
if [ -e /etc/tirek/bundle.pub ] && ! cmp -s /etc/tirek/bundle.pub "$bundle/bundle.pub"; then
    refuse "this bundle was signed by somebody else than the tirek that is installed"
fi
judged=
if imports current edge.release.__main__; then # if nobody here can look at signatures, the new one does
    "$home/current/bin/python" -m edge.release "$bundle" || refuse "see above"
    judged=yes
fi
whole=
[ ! -e "$home/$release/complete" ] || ! imports "$release" edge.node || whole=yes
made=$(field made); have=$(field made "$home/current/share")
if [ -z "$older" ] && [ "${made:-0}" -lt "${have:-0}" ] 2>/dev/null; then
    runs_now=$(field id "$home/current/share")
    refuse "this bundle is older than the release that runs ($runs_now); if it is meant, add --older"
fi
form=$(field journal)
if [ -x "$home/current/bin/python" ]; then
    # What runs says whether the other one could read the journal; one of before that question does not know it.
    said=$("$home/current/bin/python" -m edge.commands.readable "${form:-1}" 2>&1) || [ $? != 3 ] || refuse "$said"
fi
! in_lesson || refuse "a lesson runs ($names); wait for its end, or add --anyway"

# What an installation left that was cut off takes room.
[ ! -d "$home/releases" ] || sh "$bundle/systemd/slot" sweep || refuse "see above"
needs=0
[ -n "$whole" ] || needs=$((megabytes + 200))
plan=
if [ -n "$kiosk" ] && [ -d "$bundle/debs" ]; then
    # Where the last installation was cut off, apt plans nothing else before what waits for others has them.
    # shellcheck disable=SC2086 # names without blanks
    plan=$(debian -s install $screens || debian -s --fix-broken install | grep .) ||
        refuse "its Debian packages do not fit this Debian: make a bundle of today"
    for name in $(echo "$plan" | sed -n 's/^Inst \([^ ]*\) .*/\1/p'); do
        needs=$((needs + $(dpkg-deb -f "$bundle/debs/$name"_*.deb Installed-Size) / 1024))
    done
fi
mkdir -p "$home/releases" || refuse "$home cannot be written"
free=$(df -Pm "$home" | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$needs" ] || refuse "$((needs - free)) MB are missing on the disk of $home"
trap clean EXIT
trap 'exit 130' INT TERM HUP
if [ -z "$whole" ]; then
    step "installing release $id (about a minute on an old computer)"
    rm -rf "$home/$release.spoilt"
    [ ! -e "$home/$release" ] || mv "$home/$release" "$home/$release.spoilt"
    /usr/bin/python3 -m venv --without-pip "$home/$release"
    pip=$(echo "$bundle"/wheelhouse/pip-*.whl)
    # Every wheel is named and was compared with the list: nothing is resolved, nothing is searched for.
    /usr/bin/python3 "$pip/pip" --python "$home/$release/bin/python" --isolated --disable-pip-version-check \
        install --quiet --no-index --no-deps --no-compile "$bundle"/wheelhouse/*.whl
    step "compiling"
    "$home/$release/bin/python" -m compileall -q -j 0 "$home/$release/lib" || true
    mkdir -p "$home/$release/share"
    cp -r "$bundle/systemd" "$bundle/doc" "$bundle/uninstall.sh" "$bundle/bundle.json" "$home/$release/share/"
    [ -n "$judged" ] || "$home/$release/bin/python" -m edge.release "$bundle" || refuse "see above"
    sync -f "$home"
    : >"$home/$release/complete"
    sync -f "$home"
    rm -rf "$home/$release.spoilt"
fi
if [ -n "$plan" ]; then
    step "installing Debian's packages for the screens"
    dpkg --configure -a --force-confold >/dev/null 2>&1 </dev/null || true # of an installation that was cut off
    debian --fix-broken install >/dev/null 2>&1 || true
    # shellcheck disable=SC2086 # names without blanks
    debian install $screens >/dev/null || screens_are_there
fi

# A release that does not even start, or cannot read what people wrote, is not tried.
if [ -e /etc/tirek/tirek.toml ] && ! "$home/$release/bin/tirek" check /etc/tirek/tirek.toml >/dev/null; then
    step "release $id is not used: mend the line above, and type this again"
    exit 1
fi
if in_lesson; then
    step "release $id is there and not used: a lesson began ($names); when it is over, type this again"
    exit 1
fi

step "units, users and rules of the system"
units=$home/$release/share/systemd
before=$(readlink "$home/current" || true)
verb=restart
! runs || verb=start
sh "$units/slot" switch "$release" # and what belongs to it in the system: never the one without the other
if [ -n "$kiosk" ]; then
    mkdir -p /etc/chromium/policies/managed
    put "$units/kiosk/chromium.json" /etc/chromium/policies/managed/tirek.json
fi
systemd-sysusers tirek.conf
systemd-tmpfiles --create tirek.conf
if [ ! -e /etc/tirek/tirek.toml ]; then
    name=$(/usr/bin/python3 -I -c 'import socket
print("".join(each for each in socket.gethostname() if each.isprintable() and each not in "\"\\")[:63])')
    cat >/etc/tirek/tirek.toml.new <<END
# See /opt/tirek/current/share/doc/config.md; after a change: sudo systemctl restart tirek
name = "${name:-tirek}"
state = "/var/lib/tirek"
socket = "/run/tirek.sock"
END
    chown root:tirek /etc/tirek/tirek.toml.new; chmod 640 /etc/tirek/tirek.toml.new
    sync /etc/tirek/tirek.toml.new
    mv /etc/tirek/tirek.toml.new /etc/tirek/tirek.toml
fi
[ -e /etc/tirek/bundle.pub ] || put "$bundle/bundle.pub" /etc/tirek/bundle.pub
sync /etc/tirek
ln -sfn "$home/current/bin/tirek" /usr/local/bin/tirek
systemctl restart systemd-sysctl.service 2>/dev/null || true # packets of a lesson get their room before the next boot
systemctl restart systemd-modules-load.service 2>/dev/null || true
udevadm control --reload 2>/dev/null && udevadm trigger --subsystem-match=tty 2>/dev/null || true

# All are named: `Also=` would enable them, and not start them.
systemctl enable --quiet tirek.service tirek-screen.socket tirek-web.socket tirek-maintain.timer tirek-settle.timer
systemctl start tirek-maintain.timer tirek-settle.timer
run=$(systemctl show -p InvocationID --value tirek.service)
if ! opened; then
    systemctl stop tirek.service 2>/dev/null # systemd opens no socket for a service that runs already
    for socket in $sockets; do
        systemctl start "$socket" 2>/dev/null || step "$socket cannot be opened; who has port 80: ss -ltnp sport = :80"
    done
    run=
fi
sync -f /etc
[ $verb = restart ] || run=
systemctl $verb --no-block tirek.service

# The one from before is still active for a moment.
serves() {
    systemctl is-active --quiet tirek.service && [ "$(systemctl show -p InvocationID --value tirek.service)" != "$run" ]
}
step "waiting until it serves"
for _ in $(seq 90); do
    [ "$(readlink "$home/current")" = "$release" ] || break
    serves && break
    sleep 1
done
fault=
{ [ "$(readlink "$home/current")" = "$release" ] && serves; } || fault="does not come up"
[ -n "$fault" ] || "$home/lib/slot" keeps || fault="cannot open the journal, which $before can"
if [ -n "$fault" ]; then
    step "release $id $fault; the reason is in: journalctl -u tirek"
    if [ -n "$before" ] && [ "$before" != "$release" ]; then
        [ "$(readlink "$home/current")" != "$release" ] || { "$home/lib/slot" back; systemctl restart tirek.service; }
        run=
        for _ in $(seq 30); do serves && break; sleep 1; done
        step "back on $(readlink "$home/current")$(serves || echo ", which does not come up either")"
    fi
    exit 1
fi
"$home/lib/slot" prune
[ $verb = start ] || systemctl try-restart tirek-teacher.service tirek-projector.service
if [ -n "$kiosk" ]; then
    systemctl enable --quiet --now seatd.service tirek-kiosk.service
    step "the screens come up now, and after each start of the computer"
fi
step "release $id serves, after $(($(date +%s) - started)) seconds"
[ -e /var/lib/tirek/journal/parent.json ] || step "next: sudo tirek enroll HUB CODE, then sudo tirek doctor"
