INSERT INTO v_domains(domain_uuid,domain_name,domain_enabled) VALUES
 ('d0000000-0000-4000-8000-000000000001','acme.pbx.example','true'),('d0000000-0000-4000-8000-000000000002','beta.pbx.example','true'),('d0000000-0000-4000-8000-000000000003','gone.pbx.example','false');
INSERT INTO v_contacts(contact_uuid,domain_uuid,contact_name_given,contact_name_family) VALUES ('c0000000-0000-4000-8000-000000000001','d0000000-0000-4000-8000-000000000001','Gina','Contact');
INSERT INTO v_users(user_uuid,domain_uuid,contact_uuid,username,user_email,user_enabled) VALUES
 ('a0000000-0000-4000-8000-000000000001','d0000000-0000-4000-8000-000000000001','c0000000-0000-4000-8000-000000000001','gina','Gina@acme.example','true'),
 ('a0000000-0000-4000-8000-000000000002','d0000000-0000-4000-8000-000000000001',NULL,'off','off@acme.example','false');
INSERT INTO v_extensions(extension_uuid,domain_uuid,extension,number_alias,password,effective_caller_id_name,effective_caller_id_number,outbound_caller_id_name,outbound_caller_id_number,directory_first_name,directory_last_name,extension_type,enabled,absolute_codec_string,update_date) VALUES
 ('e0000000-0000-4000-8000-000000000101','d0000000-0000-4000-8000-000000000001','101',NULL,'pw-101-acme!','Gina C','101','Acme Ltd','+15551230101','Gina','Contact','default','true','PCMU,OPUS@48000h@20i,G722','2026-01-02 03:04:05+00'),
 ('e0000000-0000-4000-8000-000000000102','d0000000-0000-4000-8000-000000000001','hank','102','pw-hank','Hank','102',NULL,'5551230102',NULL,NULL,'default','true',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000103','d0000000-0000-4000-8000-000000000001','103',NULL,NULL,'Ivy','103',NULL,NULL,NULL,NULL,'default','true',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000104','d0000000-0000-4000-8000-000000000001','104',NULL,'pw104','Off','104',NULL,NULL,NULL,NULL,'default','false',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000105','d0000000-0000-4000-8000-000000000001','105',NULL,'pw105','Virt','105',NULL,NULL,NULL,NULL,'virtual','true',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000201','d0000000-0000-4000-8000-000000000002','101',NULL,'pw-101-beta','Beta One','101',NULL,NULL,'Beta','One','default','true',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000301','d0000000-0000-4000-8000-000000000003','101',NULL,'pw-gone','Gone','101',NULL,NULL,NULL,NULL,'default','true',NULL,NULL);
INSERT INTO v_extension_users(extension_user_uuid,domain_uuid,extension_uuid,user_uuid) VALUES
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000101','a0000000-0000-4000-8000-000000000002'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000101','a0000000-0000-4000-8000-000000000001');
INSERT INTO v_extension_settings(extension_setting_uuid,domain_uuid,extension_uuid,extension_setting_type,extension_setting_name,extension_setting_value,extension_setting_enabled) VALUES
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000101','variable','rtp_secure_media','mandatory:AES_CM_256_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_80','true');
INSERT INTO v_voicemails(voicemail_uuid,domain_uuid,voicemail_id,voicemail_mail_to,voicemail_enabled) VALUES
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','102','hank@acme.example, boss@acme.example','true'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000002','101','one@beta.example','true');
-- and what goes wrong: a duplicate (and one that is off and so none), blank passwords, odd names, several extensions of
-- one owner, suspended by FS PBX, one without a domain, settings that are off, a user of FS PBX's kind
INSERT INTO v_contacts(contact_uuid,domain_uuid,contact_name_given,contact_name_family) VALUES ('c0000000-0000-4000-8000-000000000002','d0000000-0000-4000-8000-000000000002',' ',NULL);
INSERT INTO v_contact_emails(contact_email_uuid,domain_uuid,contact_uuid,email_primary,email_address) VALUES
 ('b0000000-0000-4000-8000-000000000001','d0000000-0000-4000-8000-000000000002','c0000000-0000-4000-8000-000000000002','false','Second@beta.example'),
 ('b0000000-0000-4000-8000-000000000002','d0000000-0000-4000-8000-000000000002','c0000000-0000-4000-8000-000000000002','true','First@beta.example');
INSERT INTO v_users(user_uuid,domain_uuid,contact_uuid,username,user_email,user_enabled,extension_uuid) VALUES
 ('a0000000-0000-4000-8000-000000000003','d0000000-0000-4000-8000-000000000002','c0000000-0000-4000-8000-000000000002','lee','','true',NULL),
 ('a0000000-0000-4000-8000-000000000004','d0000000-0000-4000-8000-000000000002',NULL,'mia','mia@beta.example','true','e0000000-0000-4000-8000-000000000205');
INSERT INTO v_extensions(extension_uuid,domain_uuid,extension,password,effective_caller_id_name,outbound_caller_id_number,directory_first_name,directory_last_name,extension_type,enabled,absolute_codec_string) VALUES
 ('e0000000-0000-4000-8000-000000000106','d0000000-0000-4000-8000-000000000001','106','pw106',NULL,NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000107','d0000000-0000-4000-8000-000000000001','106','pw106b',NULL,NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000108','d0000000-0000-4000-8000-000000000001','101','pw108',NULL,NULL,NULL,NULL,'default','false',NULL),
 ('e0000000-0000-4000-8000-000000000109','d0000000-0000-4000-8000-000000000001','109','  ','Blank',NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000110','d0000000-0000-4000-8000-000000000001','front desk','pw110',NULL,NULL,NULL,NULL,NULL,'true','G729@40i, gsm'),
 ('e0000000-0000-4000-8000-000000000111','d0000000-0000-4000-8000-000000000001','111','pw111','Gina, second','+1 (555) 123-0111','Desk','Two','default','true','G7221@32000h,OPUS@48000h@20i@1c,OPUS@12000h,PCMA@20i'),
 ('e0000000-0000-4000-8000-000000000112','d0000000-0000-4000-8000-000000000001','112','pw112',NULL,NULL,NULL,NULL,'default',NULL,NULL),
 ('e0000000-0000-4000-8000-000000000202','d0000000-0000-4000-8000-000000000002','202','pw202','Lee','+44 (0)20 7946 0000','Lee',NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000203','d0000000-0000-4000-8000-000000000002','203','pw203',NULL,NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000204','d0000000-0000-4000-8000-000000000002','204','pw204','Suspended',NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000205','d0000000-0000-4000-8000-000000000002','205','pw205','Mia',NULL,NULL,NULL,'default','true',NULL),
 ('e0000000-0000-4000-8000-000000000401','d0000000-0000-4000-8000-000000000004','101','pw401','No domain',NULL,NULL,NULL,'default','true',NULL);
INSERT INTO v_extension_users(extension_user_uuid,domain_uuid,extension_uuid,user_uuid) VALUES
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000111','a0000000-0000-4000-8000-000000000001'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000002','e0000000-0000-4000-8000-000000000202','a0000000-0000-4000-8000-000000000003'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000106','a0000000-0000-4000-8000-00000000dead');
INSERT INTO v_extension_settings(extension_setting_uuid,domain_uuid,extension_uuid,extension_setting_type,extension_setting_name,extension_setting_value,extension_setting_enabled) VALUES
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000101','param','rtp-timeout-sec','300','true'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000002','e0000000-0000-4000-8000-000000000201','variable','rtp_secure_media','optional','true'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000002','e0000000-0000-4000-8000-000000000202','variable','rtp_secure_media','forbidden','true'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000002','e0000000-0000-4000-8000-000000000203','variable','rtp_secure_media','true:AES_CM_128_HMAC_SHA1_80, AEAD_AES_256_GCM_8','true'),
 (gen_random_uuid(),'d0000000-0000-4000-8000-000000000001','e0000000-0000-4000-8000-000000000111','variable','rtp_secure_media','mandatory','false');
INSERT INTO extension_advanced_settings(extension_uuid,suspended) VALUES ('e0000000-0000-4000-8000-000000000204',true),('e0000000-0000-4000-8000-000000000203',false);
