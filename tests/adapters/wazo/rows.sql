INSERT INTO tenant(uuid,slug) VALUES ('10000000-0000-4000-8000-000000000001','acme'),('10000000-0000-4000-8000-000000000002','beta');
INSERT INTO context(tenant_uuid,name,displayname) VALUES ('10000000-0000-4000-8000-000000000001','ctx-acme-internal-1','int'),('10000000-0000-4000-8000-000000000002','ctx-beta-internal-1','int');
INSERT INTO func_key_template(id,private,tenant_uuid) VALUES (901,true,'10000000-0000-4000-8000-000000000001'),(902,true,'10000000-0000-4000-8000-000000000001'),(903,true,'10000000-0000-4000-8000-000000000002');
INSERT INTO endpoint_sip(uuid,name,label,tenant_uuid,template) VALUES
 ('50000000-0000-4000-8000-000000000001','tglobal','global','10000000-0000-4000-8000-000000000001',true),
 ('50000000-0000-4000-8000-000000000002','twebrtc','webrtc','10000000-0000-4000-8000-000000000001',true),
 ('50000000-0000-4000-8000-000000000011','a1b2c3d4',NULL,'10000000-0000-4000-8000-000000000001',false),
 ('50000000-0000-4000-8000-000000000012','e5f6g7h8',NULL,'10000000-0000-4000-8000-000000000001',false),
 ('50000000-0000-4000-8000-000000000013','i9j0k1l2',NULL,'10000000-0000-4000-8000-000000000002',false),
 ('50000000-0000-4000-8000-000000000021','trunk1',NULL,'10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000002','50000000-0000-4000-8000-000000000001',0),
 ('50000000-0000-4000-8000-000000000011','50000000-0000-4000-8000-000000000001',0),
 ('50000000-0000-4000-8000-000000000012','50000000-0000-4000-8000-000000000001',0),('50000000-0000-4000-8000-000000000012','50000000-0000-4000-8000-000000000002',1);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES
 ('60000000-0000-4000-8000-000000000001','endpoint','50000000-0000-4000-8000-000000000001'),('60000000-0000-4000-8000-000000000002','endpoint','50000000-0000-4000-8000-000000000002'),
 ('60000000-0000-4000-8000-000000000011','auth','50000000-0000-4000-8000-000000000011'),('60000000-0000-4000-8000-000000000012','endpoint','50000000-0000-4000-8000-000000000011'),
 ('60000000-0000-4000-8000-000000000013','auth','50000000-0000-4000-8000-000000000012'),('60000000-0000-4000-8000-000000000014','auth','50000000-0000-4000-8000-000000000021'),
 ('60000000-0000-4000-8000-000000000015','auth','50000000-0000-4000-8000-000000000013');
INSERT INTO endpoint_sip_section_option(key,value,endpoint_sip_section_uuid) VALUES
 ('callerid','wazo','60000000-0000-4000-8000-000000000001'),('allow','!all,ulaw','60000000-0000-4000-8000-000000000001'),
 ('webrtc','yes','60000000-0000-4000-8000-000000000002'),('allow','!all,opus,g722,alaw,ulaw,vp9,vp8,h264','60000000-0000-4000-8000-000000000002'),
 ('username','a1b2c3d4','60000000-0000-4000-8000-000000000011'),('password','zyxwvuts','60000000-0000-4000-8000-000000000011'),
 ('callerid','"Jo Doe" <1001>','60000000-0000-4000-8000-000000000012'),('media_encryption','sdes','60000000-0000-4000-8000-000000000012'),
 ('username','e5f6g7h8','60000000-0000-4000-8000-000000000013'),('password','pppppppp','60000000-0000-4000-8000-000000000013'),
 ('username','trunk1','60000000-0000-4000-8000-000000000014'),('password','tpw','60000000-0000-4000-8000-000000000014'),
 ('username','i9j0k1l2','60000000-0000-4000-8000-000000000015'),('md5_cred',md5('x'),'60000000-0000-4000-8000-000000000015');
INSERT INTO userfeatures(id,uuid,firstname,lastname,email,tenant_uuid,callerid,outcallerid,func_key_private_template_id,description) VALUES
 (801,'70000000-0000-4000-8000-000000000001','Jo','Doe','jo@acme.example','10000000-0000-4000-8000-000000000001','"Jo Doe"','+15551231001',901,''),
 (802,'70000000-0000-4000-8000-000000000002','Web','Rtc',NULL,'10000000-0000-4000-8000-000000000001','"Web Rtc"','anonymous',902,''),
 (803,'70000000-0000-4000-8000-000000000003','Be','Ta','be@beta.example','10000000-0000-4000-8000-000000000002','"Be Ta"','default',903,'');
UPDATE userfeatures SET commented=1 WHERE id=803;
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (701,'a1b2c3d4','1001','ctx-acme-internal-1',111111,'50000000-0000-4000-8000-000000000011'),
 (702,'e5f6g7h8','1002','ctx-acme-internal-1',222222,'50000000-0000-4000-8000-000000000012'),(703,'i9j0k1l2','1001','ctx-beta-internal-1',333333,'50000000-0000-4000-8000-000000000013');
INSERT INTO user_line VALUES (801,701,true,true),(802,702,true,true),(801,702,false,false),(803,703,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (601,'ctx-acme-internal-1','1001','user','801'),(602,'ctx-acme-internal-1','1002','user','802'),(603,'ctx-beta-internal-1','1001','user','803');
INSERT INTO line_extension VALUES (701,601,true),(702,602,true),(703,603,true);
INSERT INTO trunkfeatures(tenant_uuid,endpoint_sip_uuid) VALUES ('10000000-0000-4000-8000-000000000001','50000000-0000-4000-8000-000000000021');
-- and what goes wrong: a second line of Jo's, a line without a user, without an extension, hashes, secrets that are empty or
-- inherited, a guest of a meeting, templates of templates and in a circle, option rows that are there twice
INSERT INTO userfeatures(id,uuid,firstname,lastname,email,tenant_uuid,callerid,outcallerid) VALUES (810,'70000000-0000-4000-8000-000000000810','Una','Verified','Una@acme.example','10000000-0000-4000-8000-000000000001','"Una V"','+1 (555) 123-1010');
INSERT INTO userfeatures(id,uuid,firstname,lastname,email,tenant_uuid,callerid,outcallerid) VALUES (811,'70000000-0000-4000-8000-000000000811','Em','','em@acme.example','10000000-0000-4000-8000-000000000001',NULL,'0015551231011');
INSERT INTO userfeatures(id,uuid,firstname,lastname,email,tenant_uuid,callerid,outcallerid) VALUES (812,'70000000-0000-4000-8000-000000000812','Op','Tional',NULL,'10000000-0000-4000-8000-000000000001',NULL,'default');
INSERT INTO userfeatures(id,uuid,firstname,lastname,email,tenant_uuid,callerid,outcallerid) VALUES (813,'70000000-0000-4000-8000-000000000813',' ','Solo',NULL,'10000000-0000-4000-8000-000000000001',NULL,'default');
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000003','tsecure','10000000-0000-4000-8000-000000000001',true);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000101','endpoint','50000000-0000-4000-8000-000000000003');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000101','media_encryption','sdes','60000000-0000-4000-8000-000000000101');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000101','media_encryption_optimistic','yes','60000000-0000-4000-8000-000000000101');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0002-4000-8000-000000000101','allow','g722','60000000-0000-4000-8000-000000000101');
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000003','50000000-0000-4000-8000-000000000001',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000004','tloop1','10000000-0000-4000-8000-000000000001',true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000005','tloop2','10000000-0000-4000-8000-000000000001',true);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000102','endpoint','50000000-0000-4000-8000-000000000005');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000102','allow','!all,alaw','60000000-0000-4000-8000-000000000102');
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000004','50000000-0000-4000-8000-000000000005',0);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000005','50000000-0000-4000-8000-000000000004',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000006','tauth','10000000-0000-4000-8000-000000000001',true);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000103','auth','50000000-0000-4000-8000-000000000006');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000103','password','inherited','60000000-0000-4000-8000-000000000103');
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000031','jo2line','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000104','auth','50000000-0000-4000-8000-000000000031');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000104','username','jo2line','60000000-0000-4000-8000-000000000104');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000104','password','jo2pw','60000000-0000-4000-8000-000000000104');
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000105','endpoint','50000000-0000-4000-8000-000000000031');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000105','allow','!all,alaw','60000000-0000-4000-8000-000000000105');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000105','callerid','"Jo at home" <1031>','60000000-0000-4000-8000-000000000105');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (711,'jo2line',NULL,'ctx-acme-internal-1',711,'50000000-0000-4000-8000-000000000031');
INSERT INTO user_line VALUES (801,711,true,false);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (711,'ctx-acme-internal-1','1031','user','801');
INSERT INTO line_extension VALUES (711,711,true);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000031','50000000-0000-4000-8000-000000000001',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000032','nouser32','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000106','auth','50000000-0000-4000-8000-000000000032');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000106','username','nouser32','60000000-0000-4000-8000-000000000106');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000106','password','pw32','60000000-0000-4000-8000-000000000106');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (712,'nouser32',NULL,'ctx-acme-internal-1',712,'50000000-0000-4000-8000-000000000032');
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (712,'ctx-acme-internal-1','1032','user','0');
INSERT INTO line_extension VALUES (712,712,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000033','noauth33','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000107','endpoint','50000000-0000-4000-8000-000000000033');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000107','callerid','"Auth less"','60000000-0000-4000-8000-000000000107');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (713,'noauth33',NULL,'ctx-acme-internal-1',713,'50000000-0000-4000-8000-000000000033');
INSERT INTO user_line VALUES (810,713,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (713,'ctx-acme-internal-1','1033','user','810');
INSERT INTO line_extension VALUES (713,713,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000034','empty34','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000108','auth','50000000-0000-4000-8000-000000000034');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000108','username','empty34','60000000-0000-4000-8000-000000000108');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000108','password',' ','60000000-0000-4000-8000-000000000108');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (714,'empty34',NULL,'ctx-acme-internal-1',714,'50000000-0000-4000-8000-000000000034');
INSERT INTO user_line VALUES (810,714,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (714,'ctx-acme-internal-1','1034','user','810');
INSERT INTO line_extension VALUES (714,714,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000035','noname35','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000109','auth','50000000-0000-4000-8000-000000000035');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000109','password','pw35','60000000-0000-4000-8000-000000000109');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (715,'noname35',NULL,'ctx-acme-internal-1',715,'50000000-0000-4000-8000-000000000035');
INSERT INTO user_line VALUES (810,715,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (715,'ctx-acme-internal-1','1035','user','810');
INSERT INTO line_extension VALUES (715,715,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000036','both36','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010a','auth','50000000-0000-4000-8000-000000000036');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010a','username','both36','60000000-0000-4000-8000-00000000010a');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-00000000010a','password','pw36','60000000-0000-4000-8000-00000000010a');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0002-4000-8000-00000000010a','md5_cred',md5('both36:asterisk:pw36'),'60000000-0000-4000-8000-00000000010a');
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010b','endpoint','50000000-0000-4000-8000-000000000036');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010b','media_encryption','dtls','60000000-0000-4000-8000-00000000010b');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (716,'both36',NULL,'ctx-acme-internal-1',716,'50000000-0000-4000-8000-000000000036');
INSERT INTO user_line VALUES (810,716,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (716,'ctx-acme-internal-1','1036','user','810');
INSERT INTO line_extension VALUES (716,716,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000037','stale37','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010c','auth','50000000-0000-4000-8000-000000000037');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010c','username','stale37','60000000-0000-4000-8000-00000000010c');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-00000000010c','password','pw37','60000000-0000-4000-8000-00000000010c');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0002-4000-8000-00000000010c','md5_cred',md5('stale37:asterisk:old'),'60000000-0000-4000-8000-00000000010c');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (717,'stale37',NULL,'ctx-acme-internal-1',717,'50000000-0000-4000-8000-000000000037');
INSERT INTO user_line VALUES (810,717,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (717,'ctx-acme-internal-1','1037','user','810');
INSERT INTO line_extension VALUES (717,717,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000038','oauth38','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010d','auth','50000000-0000-4000-8000-000000000038');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010d','username','oauth38','60000000-0000-4000-8000-00000000010d');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-00000000010d','auth_type','google_oauth','60000000-0000-4000-8000-00000000010d');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (718,'oauth38',NULL,'ctx-acme-internal-1',718,'50000000-0000-4000-8000-000000000038');
INSERT INTO user_line VALUES (810,718,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (718,'ctx-acme-internal-1','1038','user','810');
INSERT INTO line_extension VALUES (718,718,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000039','bad name39','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010e','auth','50000000-0000-4000-8000-000000000039');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010e','username','bad name39','60000000-0000-4000-8000-00000000010e');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-00000000010e','password','pw39','60000000-0000-4000-8000-00000000010e');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (719,'bad name39','1039','ctx-acme-internal-1',719,'50000000-0000-4000-8000-000000000039');
INSERT INTO user_line VALUES (811,719,true,true);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000040','secure40','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-00000000010f','auth','50000000-0000-4000-8000-000000000040');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-00000000010f','username','secure40','60000000-0000-4000-8000-00000000010f');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-00000000010f','password','pw40','60000000-0000-4000-8000-00000000010f');
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000110','endpoint','50000000-0000-4000-8000-000000000040');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000110','allow','opus','60000000-0000-4000-8000-000000000110');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (720,'secure40',NULL,'ctx-acme-internal-1',720,'50000000-0000-4000-8000-000000000040');
INSERT INTO user_line VALUES (812,720,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (720,'ctx-acme-internal-1','1040','user','812');
INSERT INTO line_extension VALUES (720,720,true);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000040','50000000-0000-4000-8000-000000000003',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000041','loop41','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000111','auth','50000000-0000-4000-8000-000000000041');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000111','username','loop41','60000000-0000-4000-8000-000000000111');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000111','password','pw;41^3B','60000000-0000-4000-8000-000000000111');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (721,'loop41',NULL,'ctx-acme-internal-1',721,'50000000-0000-4000-8000-000000000041');
INSERT INTO user_line VALUES (813,721,true,true);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000041','50000000-0000-4000-8000-000000000004',1);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000041','50000000-0000-4000-8000-000000000006',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000042','inherits42','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000112','auth','50000000-0000-4000-8000-000000000042');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000112','username','inherits42','60000000-0000-4000-8000-000000000112');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (722,'inherits42',NULL,'ctx-acme-internal-1',722,'50000000-0000-4000-8000-000000000042');
INSERT INTO user_line VALUES (813,722,true,true);
INSERT INTO extensions(id,context,exten,type,typeval) VALUES (722,'ctx-acme-internal-1','1042','user','813');
INSERT INTO line_extension VALUES (722,722,true);
INSERT INTO endpoint_sip_template VALUES ('50000000-0000-4000-8000-000000000042','50000000-0000-4000-8000-000000000006',0);
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000051','guest51','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000113','auth','50000000-0000-4000-8000-000000000051');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000113','username','guest51','60000000-0000-4000-8000-000000000113');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000113','password','guest','60000000-0000-4000-8000-000000000113');
INSERT INTO meeting(name,guest_endpoint_sip_uuid,tenant_uuid) VALUES ('board','50000000-0000-4000-8000-000000000051','10000000-0000-4000-8000-000000000001');
INSERT INTO endpoint_sip(uuid,name,tenant_uuid,template) VALUES ('50000000-0000-4000-8000-000000000052','orphan52','10000000-0000-4000-8000-000000000001',false);
INSERT INTO endpoint_sip_section(uuid,type,endpoint_sip_uuid) VALUES ('60000000-0000-4000-8000-000000000114','auth','50000000-0000-4000-8000-000000000052');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0000-4000-8000-000000000114','username','orphan52','60000000-0000-4000-8000-000000000114');
INSERT INTO endpoint_sip_section_option(uuid,key,value,endpoint_sip_section_uuid) VALUES ('70000000-0001-4000-8000-000000000114','password','nobody','60000000-0000-4000-8000-000000000114');
INSERT INTO linefeatures(id,name,number,context,provisioningid,endpoint_sip_uuid) VALUES (790,'trunk1','9','ctx-acme-internal-1',790,'50000000-0000-4000-8000-000000000021'),
 (791,'guest51','8','ctx-acme-internal-1',791,'50000000-0000-4000-8000-000000000051'), (792,'sccp','7','ctx-acme-internal-1',792,NULL);
