-- :rows peers, as asterisk-sip's tables have them; half of them have a mailbox.
insert into sippeers (name, type, host, context, secret, disallow, allow, callerid, mailbox, defaultuser)
select n::text, 'friend', 'dynamic', 'from-internal', 'secret-' || n, 'all', case when n % 2 = 0 then 'ulaw;alaw' else 'g722' end,
       '"Desk ' || n || '" <' || n || '>', n || '@default', n
  from generate_series(100000, 99999 + :rows) n;
insert into voicemail (context, mailbox, password, fullname, email)
select 'default', n, '1234', 'First' || n || ' Last', 'u' || n || '@example.com' from generate_series(100000, 99999 + :rows, 2) n;
