#!/bin/sh
# test_sdk_walk.sh - whoever reads SignalWire as its official SDKs do sees what swbridge.mapping says.
#
# The walk of the SDKs: GET a list, take "id" of each object of "data", follow
# "links"."next" as it stands until there is none, and go down by that id.  It is
# written here with curl, and psql to read JSON: nothing of swbridge takes part.
. "${SRCDIR:-.}/tests/world.sh"
command -v curl >/dev/null || skip_all "curl is not installed"

# get URL: the page is in $tmp/page.
get() {
	curl -sS --fail --noproxy '*' --max-time 20 -u "$SIM_PROJECT:$SIM_TOKEN" "$1" >"$tmp/page"
}

# of_page: a query over the page, read from standard input; the page is :'page'.
of_page() {
	{
		printf '%s\n' "\\set page \`cat '$tmp/page'\`"
		cat
	} | psql -XAtq -F ' ' -v ON_ERROR_STOP=1 -f -
}

# walk URL EXPRESSION: the expression of every object "o" of a list, page by page.
walk() {
	walk_url=$1
	while [ -n "$walk_url" ]; do
		get "$walk_url" || return 1
		echo x >>"$tmp/pages"
		of_page <<-SQL
			select $2 from jsonb_array_elements(:'page'::jsonb -> 'data') o;
		SQL
		walk_url=$(of_page <<-'SQL'
			select :'page'::jsonb #>> '{links,next}';
		SQL
		)
	done
}

# sdk: username, e-mail, subscriber, credential of everything that is there.
sdk() {
	walk "$sim_url/api/fabric/resources/subscribers" "o ->> 'id', lower(o #>> '{subscriber,email}')" >"$tmp/subscribers" || return 1
	while read -r sdk_id sdk_email; do
		walk "$sim_url/api/fabric/resources/subscribers/$sdk_id/sip_endpoints" "o ->> 'username', '$sdk_email', '$sdk_id', o ->> 'id'" ||
			return 1
	done <"$tmp/subscribers" | LC_ALL=C sort
}
mapping() {
	sql "select username, email, subscriber_id, sip_endpoint_id from swbridge.mapping" -F ' ' | LC_ALL=C sort
}

world walk
set_sim '{"page_size_default":7,"page_size_max":7}'
people 101 130
sql "update pbx_users set email = 'shared@x.example' where extension between '101' and '109'"
syncs 0 "thirty extensions, nine of them on one subscriber"
: >"$tmp/pages"
seen=$(sdk)
is "$seen" "$(mapping)" "the walk of the SDKs shows the same objects, by the same ids"
is "$(printf '%s\n' "$seen" | wc -l | tr -d ' ')" 30 "thirty of them"
ok "over several pages, of both kinds: $(wc -l <"$tmp/pages")" [ "$(wc -l <"$tmp/pages")" -gt 26 ]
swb verify
is "$rc" 0 "verify says the same"

sql "delete from pbx_users where extension = '130'; update pbx_users set extension = '999' where extension = '101';
	update pbx_users set email = 'own@x.example' where extension = '105'"
syncs 0 "one is gone, one has another number, one another subscriber"
is "$(sdk)" "$(mapping)" "the walk and the mapping agree again"
set_sim '{"empty_page_every":2,"order":"oldest","inner_id":"absent"}'
is "$(sdk)" "$(mapping)" "also over empty pages, where there is no inner id"
sim edit -d "{\"id\":\"$(sql "select sip_endpoint_id from swbridge.mapping where extension = '110'")\",\"delete\":true}" >/dev/null
isnt "$(sdk)" "$(mapping)" "the walk sees what somebody removed in the dashboard"
swb verify
like "$rc $out" "^2 - 110 .*missing" "and so does verify"
done_testing
