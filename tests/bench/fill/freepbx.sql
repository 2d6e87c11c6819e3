-- :rows extensions with twenty keywords each, as freepbx's tables have them; half of them have a user of userman.
insert into devices (id, tech, dial, devicetype, "user", description)
select n, 'pjsip', 'PJSIP/' || n, 'fixed', n, 'Desk ' || n from generate_series(100000, 99999 + :rows) n;
insert into users (extension, name, voicemail, outboundcid)
select n, 'Desk ' || n, 'novm', '"Desk" <+1555' || 1000000 + n || '>' from generate_series(100000, 99999 + :rows) n;
insert into sip (id, keyword, data)
select n, k.k, case k.k when 'secret' then 'secret-' || n when 'allow' then case when n % 2 = 0 then 'ulaw&g722' else '' end
                        when 'media_encryption' then 'no' when 'webrtc' then 'no' else 'x' end
  from generate_series(100000, 99999 + :rows) n,
unnest('{secret,allow,media_encryption,media_encryption_optimistic,webrtc,account,callerid,context,dial,disallow,dtmfmode,force_rport,max_contacts,
         qualifyfreq,rewrite_contact,rtcp_mux,sendrpid,sipdriver,transport,trustrpid}'::text[]) k (k);
insert into userman_users (id, auth, username, default_extension, fname, lname, email)
select n, '1', 'u' || n, n, 'First' || n, 'Last', 'u' || n || '@example.com' from generate_series(100000, 99999 + :rows, 2) n;
