INSERT INTO devices(id,tech,dial,devicetype,"user",description) VALUES ('301','pjsip','PJSIP/301','fixed','301','Kim'),('302','sip','SIP/302','fixed','302','Lou'),('303','dahdi','DAHDI/1','fixed','303','Analog'),('99301','pjsip','PJSIP/99301','fixed','301','Kim WebRTC');
INSERT INTO users(extension,name,voicemail,outboundcid) VALUES ('301','Kim Park','default','"Acme" <+15551230301>'),('302','Lou','novm',''),('303','Analog','novm','');
INSERT INTO sip(id,keyword,data,flags) VALUES ('301','secret','k1m',2),('301','allow','ulaw&g722',3),('301','media_encryption','sdes',4),('301','sipdriver','chan_pjsip',5),('301','account','301',6),
 ('302','secret','',2),('302','account','302',3),('302','encryption','yes',3),('99301','secret','web',2),('99301','webrtc','yes',3),('tr-peer-1','secret','trunk',2),('tr-peer-1','host','sip.example.net',3);
INSERT INTO userman_users(id,auth,username,default_extension,fname,lname,displayname,email) VALUES (1,'1','kim','301','Kim','Park','Kim Park','Kim@acme.example');
-- and what goes wrong: hashes, blanks, no options, a device of nobody, a device of another's extension, names with a blank, a number without
-- its +, two users of userman with one extension, a pjsip trunk that is only in sip
INSERT INTO devices(id,tech,dial,devicetype,"user",description) VALUES ('304','pjsip','PJSIP/304','fixed','304','Max'),('305','pjsip','PJSIP/305','fixed','305','Blank'),
 ('306','pjsip','PJSIP/306','fixed','306',''),('307','sip','SIP/307','adhoc','none','Hot desk'),('3011','pjsip','PJSIP/3011','fixed','301','Kim at home'),
 ('3 08','pjsip','PJSIP/308','fixed','308','Odd'),('309','PJSIP','PJSIP/309','fixed','309','Ola'),('310','custom','Local/5','fixed','310','Custom'),
 ('99999','pjsip','PJSIP/99999','fixed','99999','A real 99999');
INSERT INTO users(extension,name,voicemail,outboundcid) VALUES ('304','Max','novm','5551230304'),('305','Blank','novm',NULL),('306','','novm','+15551230306'),
 ('308','Odd','novm',NULL),('309','Ola Nordmann','default','"Ola" <+47 22 12 34 56>'),('99999','Niner','novm','<+155');
INSERT INTO sip(id,keyword,data,flags) VALUES ('304','secret',NULL,2),('304','md5_cred',md5('304:asterisk:x'),3),('305','secret','  ',2),('305','account','305',3),
 ('307','secret','hot',2),('307','encryption','no',3),('3011','secret','home',2),('3011','media_encryption','dtls',3),('3011','allow','',4),
 ('3 08','secret','odd',2),('309','secret','ola;^3B',2),('309','allow','!all&opus&ulaw:20&gsm',3),('309','media_encryption','sdes',4),
 ('309','media_encryption_optimistic','yes',5),('99999','secret','nines',2),('99999','webrtc','yes',3),('99999','media_encryption','no',4),
 ('tr-peer-2','secret','t2',2),('301-trunk','secret','x',2);
INSERT INTO userman_users(id,auth,username,default_extension,fname,lname,displayname,email) VALUES (10,'1','ola2','309','Other','Ola','','other@acme.example'),
 (9,'1','ola','309','Ola','Nordmann','','Ola Nordmann <ola@acme.example>'),(2,'1','first','309','No','Mail',NULL,''),(11,'1','admin','none','Ad','Min','Ad Min','admin@acme.example');
