INSERT INTO sippeers(name,type,host,context,secret,md5secret,disallow,allow,callerid,mailbox,defaultuser,fullname,cid_number,trunkname,insecure) VALUES
 ('201','friend','dynamic','from-internal','s201',NULL,'all','ulaw;g729','"Eve Old" <201>','201@default','201',NULL,NULL,NULL,NULL),
 ('202','friend','dynamic','from-internal',NULL,md5('202:asterisk:x'),'all','alaw',NULL,NULL,'202',NULL,NULL,NULL,NULL),
 ('203','peer','dynamic','from-internal','s203',NULL,NULL,NULL,NULL,NULL,'someoneelse','Fay Full','+15551230203',NULL,NULL),
 ('telco','peer','sip.example.net','from-trunk','t',NULL,'all','ulaw',NULL,NULL,'acct',NULL,NULL,NULL,'port,invite'),
 ('trunk2','friend','dynamic','from-trunk','t2',NULL,'all','ulaw',NULL,NULL,NULL,NULL,NULL,'Branch trunk',NULL),
 ('204','user','dynamic','from-internal','s204',NULL,NULL,'all',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
-- and what goes wrong
INSERT INTO sippeers(name,type,host,secret,md5secret,allow,callerid,insecure,callbackextension,cid_number) VALUES
 ('205','friend','dynamic','right',md5('205:asterisk:right'),'all,!g729','"Cut in the middle of a long, long na',NULL,NULL,'5551230205'),
 ('206','friend','dynamic','stale',md5('206:asterisk:new'),'alaw:20','<+15551230206>',NULL,NULL,NULL),
 ('207','friend','dynamic','a^3Bb','','!all;opus','207','port',NULL,NULL),
 ('208','friend','dynamic','  ',NULL,NULL,NULL,NULL,NULL,NULL),
 ('209','peer','dynamic','x',NULL,NULL,NULL,'port,invite',NULL,NULL),
 ('210','friend','dynamic','x',NULL,NULL,NULL,NULL,'210',NULL),
 ('211','friend','dynamic','a^FFb',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO voicemail(context,mailbox,password,fullname,email) VALUES ('default','201','1','Eve Old-Timer','eve@example.com'),('sales','201','1','Someone Else','else@example.com');
