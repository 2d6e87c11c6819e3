INSERT INTO domain(domain) VALUES ('a.example'),('b.example');
INSERT INTO subscriber(username,domain,password,ha1,ha1b) VALUES
 ('alice','a.example','wonder',md5('alice:a.example:wonder'),md5('alice@a.example:a.example:wonder')),
 ('alice','b.example','other',md5('alice:b.example:other'),md5('alice@b.example:b.example:other')),
 ('bob','a.example','',md5('bob:a.example:x'),md5('bob@a.example:a.example:x')),                 -- STORE_PLAINTEXT_PW=0
 ('carol','a.example',md5('carol:a.example:y'),'',''),                                            -- HA1 kept in password
 ('dave','a.example','old',md5('dave:a.example:new'),''),                                         -- plaintext is stale
 ('erin','a.example','','','');
INSERT INTO dbaliases(alias_username,alias_domain,username,domain) VALUES ('+15551230111','a.example','alice','a.example'),('15551230112','a.example','bob','a.example');
-- and what goes wrong
INSERT INTO subscriber(username,domain,password,ha1,ha1b) VALUES
 ('frank','a.example','upper',upper(md5('frank:a.example:upper')),''),
 ('grace','a.example','onlyb','',md5('grace@a.example:a.example:onlyb')),
 ('no domain','','pw','',''),
 ('hal/9000','b.example','pod',md5('hal/9000:b.example:pod'),'');
