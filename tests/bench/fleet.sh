# fleet.sh - a fleet that SignalWire, the PBX and the ledger have, without a request for each; sourced after world.sh.

# known_fleet COUNT: extensions m1-1, m2-1, ..., each on a subscriber of its own, as if they had been mirrored an hour ago.
known_fleet() {
	sim seed -d "{\"bulk\":{\"count\":$1,\"prefix\":\"m\",\"credentials\":1}}" >/dev/null
	told state <<-'SQL'
		create temp table c as select * from credential;
		create temp table s as select * from subscriber;
		insert into swbridge.subscriber (email, id, origin, updated_at)
		select lower(s.email), s.id, 'created', now() - interval '1 hour' from s;
		insert into pbx_users (key, extension, secret) select c.username, c.username, c.password from c;
		insert into swbridge.sync (key, extension, username, subscriber_no, sip_endpoint_id, state, updated_at)
		select c.username, c.username, c.username, o.no, c.id, 'active', now() - interval '1 hour'
		  from c join swbridge.subscriber o on o.id = c.subscriber_id;
		analyze;
	SQL
}
