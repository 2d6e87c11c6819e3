-- demo - a small PBX, as an Asterisk realtime installation might have it.
--
-- One row for each phone.  The bridge only reads this table; that its columns
-- go by other names than the bridge's is said in swbridge.conf, under [columns].
create table phones (
    id          integer primary key,    -- stays when a phone gets another number
    exten       text    not null unique,
    secret      text,                   -- SIP password in clear
    first_name  text,
    last_name   text,
    mail        text,                   -- whose phone it is
    callerid    text,
    allow       text    not null default 'ulaw,alaw',
    active      boolean not null default true
);

insert into phones (id, exten, secret, first_name, last_name, mail, callerid, allow, active) values
    (1001, '100', 'Ahgh7ohb-oZ8', 'Reception', null,       'reception@example.com', 'Example Inc.',   'opus,g722,ulaw', true),
    (1002, '101', 'wai4Ooth:ei3', 'Aisha',     'Rahman',   'aisha@example.com',     'Aisha Rahman',   'opus,g722,ulaw', true),
    (1003, '102', 'Eth9ieth=ah6', 'Ben',       'Carter',   'ben@example.com',       'Ben Carter',     'ulaw,alaw',      true),
    (1004, '103', 'ua7Phoo#nei1', 'Chloé',     'Martin',   'chloe@example.com',     'Chloé Martin',   'opus,ulaw',      true),
    (1005, '104', 'Iequ3mae+th0', 'Daniel',    'Weber',    'daniel@example.com',    'Daniel Weber',   'ulaw,alaw',      true),
    (1006, '105', 'ohp8Aiko~g4u', 'Elena',     'Petrova',  'elena@example.com',     'Elena Petrova',  'ulaw,alaw',      true),
    (1007, '106', 'Xie2Ruph,oo5', 'Farid',     'Haddad',   'farid@example.com',     'Farid Haddad',   'ulaw,alaw',      false),
    (1008, '107', 'Quai6eec!ae2', 'Grace',     'Okafor',   'grace@example.com',     'Grace Okafor',   'opus,ulaw',      true),
    (1009, '108', 'eeB1aigh@u7a', 'Hiro',      'Tanaka',   'hiro@example.com',      'Hiro Tanaka',    'ulaw,alaw',      true),
    (1010, '109', 'Thoo5que*ch9', 'Hiro',      'Tanaka',   'hiro@example.com',      'Warehouse',      'ulaw,alaw',      true),
    (1011, '110', 'Ko3eiz8e;ing', null,        null,       null,                    'Meeting room',   'g722,ulaw,h264', true),
    (1012, '111', null,           null,        null,       null,                    'Lobby',          'ulaw',           true);
