-- :rows phones and a third as many trunks, as asterisk-pjsip's tables have them; half of the phones have a mailbox.
insert into ps_aors (id, max_contacts, mailboxes, contact)
select n::text, 1, case when n % 2 = 0 then n || '@default' end, null from generate_series(100000, 99999 + :rows) n
union all select 'trunk' || n, 0, null, 'sip:' || n || '.example.net' from generate_series(1, :rows / 3) n;
insert into ps_auths (id, auth_type, username, password)
select n::text, 'userpass', n, 'secret-' || n from generate_series(100000, 99999 + :rows) n;
insert into ps_endpoints (id, aors, auth, context, disallow, allow, callerid, mailboxes)
select n::text, n::text, n::text, 'from-internal', 'all', case n % 3 when 0 then 'ulaw,alaw' when 1 then '!all,opus,ulaw' else 'g722,ulaw:20' end,
       '"Desk ' || n || '" <' || n || '>', case when n % 4 = 0 then n || '@default' end
  from generate_series(100000, 99999 + :rows) n
union all select 'trunk' || n, 'trunk' || n, null, 'from-trunk', 'all', 'ulaw', null, null from generate_series(1, :rows / 3) n;
insert into ps_registrations (id, endpoint) select 'trunk' || n, 'trunk' || n from generate_series(1, :rows / 6) n;
insert into voicemail (context, mailbox, password, fullname, email)
select 'default', n, '1234', 'First' || n || ' Last', 'u' || n || '@example.com' from generate_series(100000, 99999 + :rows, 2) n;
