update ps_auths set password = :'secret' where id = (99999 + :n)::text;
