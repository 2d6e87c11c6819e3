update v_extensions set password = :'secret' where extension_uuid = md5('extension' || 99999 + :n)::uuid;
