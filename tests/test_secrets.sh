#!/bin/sh
# No secret leaves the program but to where it belongs: sentinels are looked for
# in everything that it prints, stores or shows of itself.
. "${SRCDIR:-.}/tests/world.sh"

# The SIP passwords all hold this word, behind characters that JSON escapes.
WORD=sentinel-9f3c
# As the dump would show it where a column of bytes held it.
HEX=$(printf '%s' "$WORD" | od -An -tx1 | tr -d ' \n')
PASSWORD=conninfo-sentinel-77
BASIC=$(printf '%s' "$SIM_PROJECT:$SIM_TOKEN" | base64 | tr -d '\n')

# keeps WHAT VERB…: runs it and keeps what it printed among what is searched.
kept=0
keeps() {
	kept=$((kept + 1))
	swb "$@"
	cp "$tmp/out" "$tmp/kept.$kept.out"
	cp "$tmp/err" "$tmp/kept.$kept.err"
}

everywhere() { # DESCRIPTION: none of the secrets is in anything that was kept
	pg_dump --schema=swbridge >"$tmp/kept.dump" || not_ok "pg_dump"
	for secret in "$WORD" "$HEX" "$SIM_TOKEN" "$PASSWORD" "$BASIC"; do
		found=$(grep -aFl -e "$secret" "$tmp"/kept.*)
		is "$found" "" "$1: nothing holds $(printf %.8s "$secret")… ($(ls "$tmp"/kept.* | wc -l) files)"
	done
}

quoting() { # EXTENSION STATUS CONTENT: the creation of its credential is answered with that
	sim fault -d "$(printf '{"method":"POST","path":"*/sip_endpoints","body":"%s-","action":"status","status":%s,"content":"%s"}' \
		"$1" "$2" "$(printf '%s' "$3" | sed 's/[\\"]/\\&/g')")" >/dev/null
}

world secrets
sql "create role bridge login superuser password '$PASSWORD'; alter role bridge set log_statement = 'all'"
config "postgres.conninfo=host=$PGHOST dbname=$PGDATABASE user=bridge password=$PASSWORD"
sql "insert into pbx_users (key, extension, secret, first_name)
	select 'k' || n, n, 'Sip\"\\' || n || '-$WORD', 'F' || n from generate_series(101, 110) n"

# ---- Ordinary runs at every level.
keeps -v init
keeps -v plan
keeps --json -v plan
keeps check

# ---- Errors that quote what was sent: the body, the token, the header.
quoting 101 422 "{\"errors\":[{\"type\":\"x\",\"code\":\"bad\",\"message\":\"password Sip\\\"\\\\101-$WORD, $SIM_TOKEN, Basic $BASIC\",\"attribute\":\"password\"}]}"
quoting 102 422 "{\"errors\":[{\"detail\":\"{\\\"password\\\":\\\"Sip\\\\\\\"\\\\\\\\102-$WORD\\\"}\",\"status\":\"422\",\"code\":\"bad\"}]}"
quoting 103 400 "{\"error\":\"{\\\"username\\\":\\\"103\\\",\\\"password\\\":\\\"Sip\\\\\\\"\\\\\\\\103-$WORD\\\"}\"}"
quoting 104 500 "crash: {\"password\":\"Sip\\\"\\\\104-$WORD\"} $SIM_TOKEN Basic $BASIC"
quoting 105 201 "<html>{\"password\":\"Sip\\\"\\\\105-$WORD\"} $BASIC</html>"
quoting 106 201 "{\"id\":\"no-uuid\",\"username\":\"106\",\"password\":\"Sip\\\"\\\\106-$WORD\"}"
quoting 107 422 "{\"errors\":{\"password\":[\"Sip\\\"\\\\107-$WORD is bad\"]}}"
quoting 108 422 "{\"errors\":[\"Sip\\\"\\\\108-$WORD is bad, $BASIC\"]}"
quoting 109 403 "{\"error\":\"Sip\\\"\\\\109-$WORD with $SIM_TOKEN as $BASIC\"}"
keeps -v sync
isnt "$rc" 0 "answers that quote secrets are errors"
is "$(sim faults | grep -o '"acted":1' | wc -l)" 9 "each of them was met"
sim fault/clear -d '{}' >/dev/null
is "$(sql "select count(*) >= 4 from swbridge.journal where detail is not null")" t "and stands in the journal"
keeps --json -v sync
keeps status
keeps --json status
keeps -v explain 101
keeps retry
keeps -v sync
everywhere "I36: errors that quote"

# ---- Changes of secrets; wrong settings that hold secrets.
sql "update pbx_users set secret = 'next-$WORD-' || key where extension > '107'"
sim fault -d '{"method":"PATCH","body":"-k110","action":"status","status":422,"content":"{\"errors\":[{\"message\":\"next-'$WORD'-k110\",\"code\":\"bad\"}]}"}' >/dev/null
keeps -v sync
is "$(sim faults | grep -c '"acted":1')" 1 "a PATCH is refused with what it sent"
sim fault/clear -d '{}' >/dev/null
# What libpq itself would say of these holds the password: it takes a part of it for a host, or for a keyword.
config "postgres.conninfo=postgresql://bridge:p@$PASSWORD@localhost/secrets"
keeps -v sync
config "postgres.conninfo=host=$PGHOST password=two $PASSWORD"
keeps -v sync
config "postgres.conninfo=host=$PGHOST passwort=$PASSWORD"
keeps -v sync
config "postgres.conninfo=host=$PGHOST password='$PASSWORD"
keeps -v sync
config "postgres.conninfo=host=$tmp user=bridge password=$PASSWORD"
keeps -v sync
cp "$WITH_POSTGRES_LOG" "$tmp/kept.log.all"
grep -av 'statement: ' "$tmp/kept.log.all" >"$tmp/kept.log"
rm "$tmp/kept.log.all"
like "$(grep -a 'swbridge: a page of differences' "$tmp/kept.log" | head -n 1)" "execute" "the server logged what the program ran"
inner=$(sql "select substr(digest_inner::text, 3) from swbridge.identity")
is "${#inner} $(grep -aFc -e "$inner" "$tmp/kept.log")" "128 0" "and not the key of the digests, which is a parameter"
everywhere "wrong settings"

# ---- What the running process shows of itself, and leaves behind when it dies.
config "postgres.conninfo=host=$PGHOST dbname=$PGDATABASE user=bridge password=$PASSWORD"
sql "update pbx_users set secret = 'last-$WORD-' || key"
sim fault -d '{"method":"PATCH","action":"hang_before_commit","times":-1}' >/dev/null
patches=$(sim count/PATCH)
# A core file would be allowed, and would land in the directory of the test.
(
	ulimit -c unlimited 2>/dev/null
	cd "$tmp" && exec "$BUILDDIR/swbridge" -c "$conf" -v sync >"$tmp/kept.last.out" 2>"$tmp/kept.last.err" </dev/null
) &
swb_pid=$!
sim "wait?key=PATCH&min=$((patches + 1))" >/dev/null || not_ok "a PATCH is under way" "$(cat "$tmp/kept.last.err")"
tr '\0' '\n' <"/proc/$swb_pid/cmdline" >"$tmp/kept.cmdline"
like "$(cat "$tmp/kept.cmdline")" swbridge "the process can be looked at"
like "$(grep 'Max core file size' "/proc/$swb_pid/limits")" ' 0  *0 ' "it has forbidden itself a core file"
sql "select application_name, query from pg_stat_activity" >"$tmp/kept.activity"
kill -s TRAP "$swb_pid"
wait "$swb_pid" 2>/dev/null
is "$?" 133 "killed by a signal that dumps core"
swb_pid=
is "$(ls "$tmp" | grep -c '^core')" 0 "it leaves no core file"
everywhere "I36: the process itself"

# The search finds what is there.
echo "x $WORD" >"$tmp/kept.proof"
is "$(grep -aFl -e "$WORD" "$tmp"/kept.*)" "$tmp/kept.proof" "a secret that is there would be found"

done_testing
