-- :rows extensions of 503 domains, as fusionpbx's tables have them: each with a user, half of these with a contact, every
-- fourth with a mailbox, every tenth with rtp_secure_media.
insert into v_domains (domain_uuid, domain_name, domain_enabled)
select md5('domain' || n)::uuid, 'd' || n || '.example', 'true' from generate_series(0, 502) n;
insert into v_contacts (contact_uuid, domain_uuid, contact_name_given, contact_name_family)
select md5('contact' || n)::uuid, md5('domain' || n % 503)::uuid, 'First' || n, 'Last' from generate_series(100000, 99999 + :rows, 2) n;
insert into v_contact_emails (contact_email_uuid, contact_uuid, email_address)
select md5('contact-email' || n)::uuid, md5('contact' || n)::uuid, 'c' || n || '@example.com' from generate_series(100000, 99999 + :rows, 2) n;
insert into v_users (user_uuid, domain_uuid, contact_uuid, username, user_email, user_enabled)
select md5('user' || n)::uuid, md5('domain' || n % 503)::uuid, case when n % 2 = 0 then md5('contact' || n)::uuid end, 'user' || n,
       case when n % 3 = 0 then 'u' || n || '@example.com' end, 'true'
  from generate_series(100000, 99999 + :rows) n;
insert into v_extensions (extension_uuid, domain_uuid, extension, password, effective_caller_id_name, effective_caller_id_number,
                          outbound_caller_id_number, directory_first_name, extension_type, enabled, absolute_codec_string)
select md5('extension' || n)::uuid, md5('domain' || n % 503)::uuid, n, 'secret-' || n, 'Desk ' || n, n,
       '+1555' || 1000000 + n, 'First' || n, 'default', 'true', case n % 3 when 0 then 'PCMU,PCMA' when 1 then 'OPUS@48000h@20i,G722' end
  from generate_series(100000, 99999 + :rows) n;
insert into v_extension_users (extension_user_uuid, domain_uuid, extension_uuid, user_uuid)
select md5('assigned' || n)::uuid, md5('domain' || n % 503)::uuid, md5('extension' || n)::uuid, md5('user' || n)::uuid
  from generate_series(100000, 99999 + :rows) n;
insert into v_extension_settings (extension_setting_uuid, domain_uuid, extension_uuid, extension_setting_type, extension_setting_name,
                                  extension_setting_value, extension_setting_enabled)
select md5('setting' || n)::uuid, md5('domain' || n % 503)::uuid, md5('extension' || n)::uuid, 'variable', 'rtp_secure_media',
       'mandatory:AES_CM_256_HMAC_SHA1_80', 'true'
  from generate_series(100000, 99999 + :rows, 10) n;
insert into v_voicemails (voicemail_uuid, domain_uuid, voicemail_id, voicemail_mail_to, voicemail_enabled)
select md5('voicemail' || n)::uuid, md5('domain' || n % 503)::uuid, n, 'v' || n || '@example.com', 'true'
  from generate_series(100000, 99999 + :rows, 4) n;
