update subscriber set password = :'secret', ha1 = md5(username || ':' || domain || ':' || :'secret'), ha1b = ''
 where username = (99999 + :n)::text and domain = 'd' || (99999 + :n) % 50 || '.example';
