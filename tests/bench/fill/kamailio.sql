-- :rows subscribers of fifty domains with an alias each, as kamailio's tables have them.
insert into subscriber (username, domain, password, ha1, ha1b)
select n::text, d.d, 'secret-' || n, md5(n || ':' || d.d || ':secret-' || n), md5(n || '@' || d.d || ':' || d.d || ':secret-' || n)
  from generate_series(100000, 99999 + :rows) n, lateral (select 'd' || n % 50 || '.example' as d) d;
insert into dbaliases (alias_username, alias_domain, username, domain)
select '+1555' || 1000000 + n, domain, username, domain from subscriber, lateral (select username::integer as n) n;
