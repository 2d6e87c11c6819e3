update sippeers set secret = :'secret' where name = (99999 + :n)::text;
