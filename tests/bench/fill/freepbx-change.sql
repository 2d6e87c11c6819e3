update sip set data = :'secret' where id = (99999 + :n)::text and keyword = 'secret';
