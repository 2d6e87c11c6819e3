#!/bin/sh
# test_adapter_fusionpbx - the extensions of FusionPBX, from their rows to SignalWire.
. "${SRCDIR:-.}/tests/adapters.sh"

kind=boolean # of `enabled`, from FusionPBX 5.5 on
adapter_load() {
	psql -XAtq -v ON_ERROR_STOP=1 -v B=$kind -f "$fixture/tables.sql" -f "$fixture/rows.sql" || bail_out "the fixtures of $adapter do not load"
}

template='mirror.username={username}-{tenant}'
E=e0000000-0000-4000-8000-000000000
adapter_world fusionpbx "$template"
adapter_yields
adapter_mirrors 4
adapter_reports
adapter_issues ""
is "$(printf '%s\n' "select string_agg(c.username, ' ' order by c.username) from credential c join subscriber s on s.id = c.subscriber_id
	where s.email ilike 'gina@acme.example'" | told state)" "101-acme.pbx.example 111-acme.pbx.example" "an owner's extensions are one subscriber's"

# ---- the PBX's own ways of writing ---------------------------------------------------

saved="update_date = now(), update_user = 'a0000000-0000-4000-8000-000000000001'"
tells "the web page saves a password" "${E}101" "update v_extensions set password = 'x1', $saved where extension_uuid = '${E}101'"
tells "it saves what was there" "" "update v_extensions set password = password, $saved where extension_uuid = '${E}101'"
tells "do-not-disturb and call forwarding" "" "update v_extensions set do_not_disturb = 'true'" \
	"update v_extensions set forward_all_enabled = 'true', forward_all_destination = '5551', do_not_disturb = 'false', $saved"
tells "an agent's status, a voicemail password" "" "update v_users set user_status = 'On Break', api_key = 'k'" "update v_voicemails set voicemail_password = '9', voicemail_enabled = 'false'"
tells "an owner" "${E}101" "delete from v_extension_users where extension_uuid = '${E}101' and user_uuid = 'a0000000-0000-4000-8000-000000000002'"
tells "an owner's e-mail belongs to all their extensions" "${E}101 ${E}111" "update v_users set user_email = 'g2@acme.example' where username = 'gina'"
tells "a user of FS PBX's kind" "${E}205" "update v_users set user_email = 'm2@beta.example' where username = 'mia'"
tells "a user of nobody" "" "insert into v_users (user_uuid, username) values (gen_random_uuid(), 'new')"
tells "a contact" "${E}101 ${E}111" "update v_contacts set contact_name_family = 'Married' where contact_name_given = 'Gina'"
tells "a contact's e-mail" "${E}202" "update v_contact_emails set email_address = 'first2@beta.example' where email_primary"
tells "a mailbox, by the extension's alias" "${E}102" "update v_voicemails set voicemail_mail_to = 'h@acme.example' where voicemail_id = '102'"
tells "a mailbox of another domain's 101" "${E}201" "update v_voicemails set voicemail_mail_to = 'o@beta.example' where voicemail_id = '101'"
tells "rtp_secure_media" "${E}203" "update v_extension_settings set extension_setting_value = 'optional' where extension_uuid = '${E}203'"
tells "a setting goes" "${E}203" "delete from v_extension_settings where extension_uuid = '${E}203'"
tells "a setting of an extension that is gone" "00000000-0000-0000-0000-00000000dead" "insert into v_extension_settings (extension_setting_uuid, extension_uuid,
	extension_setting_name) values (gen_random_uuid(), '00000000-0000-0000-0000-00000000dead', 'rtp_secure_media')"
tells "FS PBX suspends" "${E}203" "update extension_advanced_settings set suspended = true where extension_uuid = '${E}203'"
tells "a small domain: its extensions" "${E}301" "update v_domains set domain_enabled = 'true' where domain_name = 'gone.pbx.example'"
tells "a domain: everything" "*" "update v_domains set domain_name = 'acme2.pbx.example' where domain_name = 'acme.pbx.example'"
tells "what the domain is described as" "" "update v_domains set domain_description = 'x'"
tells "deleted with all that hangs on it" "${E}202" "begin; delete from v_extension_users where extension_uuid = '${E}202'; delete from v_extension_settings where extension_uuid = '${E}202';
	delete from v_voicemails where voicemail_id = '202'; delete from v_extensions where extension_uuid = '${E}202'; commit"
tells "all of them in one transaction: each once" "$(sql "select string_agg(extension_uuid::text, ' ' order by extension_uuid) from v_extensions")" \
	"begin; create temp table kept as table v_extensions; delete from v_extensions; insert into v_extensions table kept; commit"
tells "TRUNCATE" "*" "begin; create temp table kept as table v_extension_users; truncate v_extension_users; insert into v_extension_users table kept; commit"

adapter_world fusionpbx "$template"
arrives "a password" "update v_extensions set password = 'arrived-1', $saved where extension_uuid = '${E}101'" "select password from credential where username = '101-acme.pbx.example'" arrived-1
arrives "the other domain's" "update v_extensions set password = 'arrived-2', $saved where extension_uuid = '${E}201'" "select password from credential where username = '101-beta.pbx.example'" arrived-2
arrives "a number: the same extension, renamed" "update v_extensions set extension = '199', $saved where extension_uuid = '${E}111'" \
	"select string_agg(c.username || ' ' || c.password, ', ') from credential c where c.username in ('111-acme.pbx.example', '199-acme.pbx.example')" "199-acme.pbx.example pw111"
arrives "codecs" "update v_extensions set absolute_codec_string = 'PCMA,OPUS@16000h@20i', $saved where extension_uuid = '${E}201'" \
	"select codecs from credential where username = '101-beta.pbx.example'" '["PCMA", "OPUS@16000H@20I"]'
arrives "an owner's e-mail" "update v_users set user_email = 'mia2@beta.example' where username = 'mia'" "select s.email from credential c join subscriber s on s.id = c.subscriber_id
	where c.username = '205-beta.pbx.example'" "mia2@beta.example"
arrives "a duplicate that is gone" "delete from v_extensions where extension_uuid = '${E}107'; update v_extensions set password = 'alone' where extension_uuid = '${E}106'" \
	"select password from credential where username = '106-acme.pbx.example'" alone
arrives "what FS PBX suspends" "update extension_advanced_settings set suspended = true where extension_uuid = '${E}203'" "select count(*) from credential where username = '203-beta.pbx.example'" 0
arrives "and gives back" "update extension_advanced_settings set suspended = false where extension_uuid = '${E}203'" "select count(*) from credential where username = '203-beta.pbx.example'" 1
arrives "a domain that is opened" "update v_domains set domain_enabled = 'true' where domain_name = 'gone.pbx.example'" "select password from credential where username = '101-gone.pbx.example'" pw-gone
stop_swb

# ---- several domains ----------------------------------------------------------------

config postgres.source=swbridge.fusionpbx
swb plan
is "$rc" 0 "a plan without a template" || diag "$err"
like "$out" 'acme.pbx.example/101 .*another row of the source wants the same username' "two domains' 101 are named"
like "$out" 'beta.pbx.example/101 .*another row of the source wants the same username' "both of them"
config postgres.source=swbridge.fusionpbx 'mirror.exclude=beta.pbx.example/*, gone.pbx.example/*'
swb plan
unlike "$out" 'wants the same username' "and none where one domain alone is mirrored"

# ---- upgrades --------------------------------------------------------------------------

config postgres.source=swbridge.fusionpbx "$template"
for column in extension_uuid domain_uuid extension password enabled; do survives v_extensions $column 'v_extensions has no column.*the source changed'; done
for column in number_alias extension_type effective_caller_id_name outbound_caller_id_number directory_first_name directory_last_name absolute_codec_string; do
	survives v_extensions $column
done
for column in domain_uuid domain_name domain_enabled; do survives v_domains $column 'v_domains has no column.*the source changed'; done
for column in extension_uuid user_uuid; do survives v_extension_users $column 'v_extension_users has no column'; done
survives v_users user_uuid 'v_users has no column'
for column in username user_email user_enabled contact_uuid extension_uuid; do survives v_users $column; done
survives v_contacts contact_uuid 'v_contacts has no column'
for column in contact_name_given contact_name_family; do survives v_contacts $column; done
survives v_contact_emails contact_uuid 'v_contact_emails has no column'
for column in email_address email_primary; do survives v_contact_emails $column; done
for column in domain_uuid voicemail_id; do survives v_voicemails $column 'v_voicemails has no column'; done
survives v_voicemails voicemail_mail_to
survives v_extension_settings extension_uuid 'v_extension_settings has no column'
for column in extension_setting_name extension_setting_value extension_setting_enabled; do survives v_extension_settings $column; done
survives extension_advanced_settings extension_uuid 'extension_advanced_settings has no column'
survives extension_advanced_settings suspended
sql "drop table extension_advanced_settings, v_extension_settings, v_voicemails, v_contact_emails, v_contacts, v_extension_users, v_users"
swb plan
case $rc in 0 | 3 | 4) pass "with no more than extensions and domains it goes on" ;; *) not_ok "with no more than extensions and domains it goes on" "$rc $err" ;; esac
sql "drop table v_domains"
swb sync
is "$rc" 6 "a table is gone: nothing is done"
like "$err" 'no table v_domains.*the source changed' "it says so"

# FusionPBX until 5.4, and its upgrade to 5.5 with everything in place.
kind=text
adapter_world fusionpbx "$template"
adapter_yields
adapter_mirrors 4
for column in v_extensions.enabled v_extensions.do_not_disturb v_domains.domain_enabled v_users.user_enabled v_contact_emails.email_primary v_voicemails.voicemail_enabled \
	v_extension_settings.extension_setting_enabled; do
	ok "$column becomes a boolean" sql "alter table ${column%.*} alter column ${column#*.} type boolean using ${column#*.}::boolean"
done
adapter_yields
syncs 4 "the upgrade to 5.5"
is "$(sent)" "" "changes nothing"
tells "the triggers are there" "${E}101" "update v_extensions set enabled = false where extension_uuid = '${E}101'"

adapter_world fusionpbx "$template"
adapter_leaves
done_testing
