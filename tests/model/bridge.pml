/*
 * bridge - two swbridge processes, one ledger, one extension, and a world that is against them.
 *
 * A Promela model of intent, lock and recovery: spin looks at every order in
 * which the steps below can happen.  README says what is modelled, what is left
 * out and which assumptions it rests on; ./run runs it in all its variants.
 *
 *   1. what the world may do          4. the remote side
 *   2. the PBX, the ledger, the lock  5. a bridge
 *   3. what must hold                 6. the world
 *
 * Every -D BUG_… leaves out one line of the design; spin must then find what
 * that line is for.  A bug stands where the line would stand.
 */

/* ---- 1. What the world may do ------------------------------------------------ */

/*
 * How often, before it has to let the bridges come to rest.  It may always stop
 * earlier, so that every smaller number is tried as well.
 */
#ifndef EDITS
#define EDITS 2		/* times that the PBX's user changes his mind: another password, no row, the row again */
#endif
#ifndef FAULTS
#define FAULTS 3	/* kills, lost connections, lost requests, lost answers, refusals, stalls */
#endif
/*
 * FOREIGN  1: a stranger's subscriber with our e-mail is there from the start, with a credential.
 *          2: a stranger's credential with our username is there, under a subscriber of his.
 * UNIQUE   the remote side refuses a second object of the same name (422).  Left
 *          out, it takes what it gets: the bridges must not lean on it.
 * HANDED   somebody renames our credential at SignalWire, and uses it for himself.
 */
#ifndef FOREIGN
#define FOREIGN 0
#endif
#if FOREIGN
#define UNIQUE
#endif

byte edits = EDITS;
byte faults = FAULTS;

/* ---- 2. The PBX, the ledger, the lock ---------------------------------------- */

#define BRIDGES 2
#define NOBODY BRIDGES

/* The PBX's row: no row, or a password.  0 stands for "none", "not known" and "NULL" everywhere. */
#define PASSWORDS 2
byte want = 1;

/* The sync row, with its subscriber's.  A digest is modelled by the password that it is of. */
mtype = { ABSENT, CREATING, ACTIVE, REMOVING };
mtype row = ABSENT;
byte row_sid;		/* subscriber.id */
byte row_cid;		/* sync.sip_endpoint_id */
byte row_digest;	/* sync.secret_digest */
byte row_tried;		/* sync.tried_digest: refused for good, until something else is wanted */
bool row_refused;	/* its removal was refused, and an operator has been told */

/* The journal's open intent for it.  settles_at: not set while it is in its holder's hands. */
mtype = { CREATE, UPDATE, REMOVE };
mtype = { IN_HAND, SETTLING, SETTLED };
bool open;
mtype open_op = CREATE;
mtype open_settle = IN_HAND;

/* Whose session holds the advisory lock.  Losing it is not felt: a process learns of it when it next uses the session. */
byte lock = NOBODY;

/* A proof of life is younger than the margin.  Outlives the session: that is what the margin is about. */
bool fresh[BRIDGES];

/* An order to die, given by the world; a removal stands between its GET and its DELETE. */
chan kill[BRIDGES + 1] = [0] of { bit };	/* the last one is nobody's */
bool reading[BRIDGES];

/* Two bridges that wait for the lock are alike: that the first one gets it loses nothing. */
bool waiting[BRIDGES] = true;
#define MY_TURN(p) (p == 0 || !waiting[0])

/* ---- 3. What must hold ------------------------------------------------------- */

/* Set and asserted where they would become true, so that spin's complaint says what broke. */
bool two_objects;		/* a POST acted while what an earlier one made was still there */
bool foreign_touched;		/* a stranger's object was removed, changed, or added to */
bool recorded_without_lock;	/* the ledger was written by somebody who does not hold the lock */
bool sent_past_margin;		/* a request left without a proof of life */
bool wanted_removed;		/* the PBX had the row when its removal was decided for good */
bool out_of_step;		/* all is at rest, and PBX, ledger and remote side do not agree */

#define MUST_NOT(what, when) what = (when); assert(!what)
/* -DUNSEEN: not where the guard stands, only by what becomes of it. */
#ifdef UNSEEN
#define MUST_NOT_HERE(what, when) skip
#else
#define MUST_NOT_HERE(what, when) MUST_NOT(what, when)
#endif

/* ---- 4. The remote side ------------------------------------------------------ */

/* An id is never that of the object before; the stranger's objects have their own. */
#define STRANGERS 9
byte last_sub_id = 2, last_cred_id = 2;

bool sub;		/* our subscriber exists, */
byte sub_id;
bool sub_older;		/* and is older than the open intent (created_at against journal.at) */
bool cred;		/* our credential exists, always under our subscriber, */
byte cred_id;
byte cred_value;	/* with this password, */
bool cred_handed;	/* and is used by somebody else under another name */

/*
 * Requests under way.  More than one only after somebody let go of one.  A
 * request whose sender is gone or has given up can act as long as it is here:
 * that is the late request.
 */
mtype = { POST_SUB, POST_CRED, PATCH, DELETE_CRED, DELETE_SUB };
mtype = { FREE, SENT, DONE, LOST };
mtype = { OK, NOT_FOUND, NOT_UNIQUE, REFUSED, UNKNOWN };
#define SLOTS 3
#define NO_SLOT SLOTS
typedef request {
	mtype st;
	mtype kind;
	byte target;	/* an id */
	byte value;
	byte by;	/* who waits for the answer, */
	bool overdue;	/* but not any longer */
	mtype answer;
	byte id;	/* of what was made */
};
request net[SLOTS];

#define NOTHING_UNDER_WAY (net[0].st != SENT && net[1].st != SENT && net[2].st != SENT)
#define NO_REMOVAL_UNDER_WAY (!reading[0] && !reading[1] && (NOTHING_UNDER_WAY || open_op != REMOVE))

inline act(r)
{
	net[r].answer = OK;
	if
	:: net[r].kind == POST_SUB ->
		if
#if FOREIGN == 1
		:: true -> net[r].answer = NOT_UNIQUE
#else
#ifdef UNIQUE
		:: sub -> net[r].answer = NOT_UNIQUE
		:: !sub ->
#else
		:: true ->
#endif
			MUST_NOT(two_objects, sub);
			last_sub_id = 3 - last_sub_id;
			sub = true; sub_id = last_sub_id; sub_older = false;
			net[r].id = sub_id
#endif
		fi
	:: net[r].kind == POST_CRED ->
		MUST_NOT(foreign_touched, net[r].target == STRANGERS);
		if
		:: !sub || net[r].target != sub_id -> net[r].answer = NOT_FOUND
#if FOREIGN
		:: else -> net[r].answer = NOT_UNIQUE
#else
#ifdef UNIQUE
		:: sub && net[r].target == sub_id && cred && !cred_handed -> net[r].answer = NOT_UNIQUE
#endif
		:: else ->
			MUST_NOT(two_objects, cred);
			last_cred_id = 3 - last_cred_id;
			cred = true; cred_id = last_cred_id; cred_value = net[r].value; cred_handed = false;
			net[r].id = cred_id
#endif
		fi
	:: net[r].kind == PATCH ->
		MUST_NOT(foreign_touched, net[r].target == STRANGERS);
		if
		:: cred && net[r].target == cred_id -> cred_value = net[r].value
		:: else -> net[r].answer = NOT_FOUND
		fi
	:: net[r].kind == DELETE_CRED ->
		MUST_NOT(foreign_touched, net[r].target == STRANGERS);
		if
		:: cred && net[r].target == cred_id ->
			MUST_NOT(foreign_touched, cred_handed);
			cred = false; cred_id = 0; cred_value = 0
		:: else -> net[r].answer = NOT_FOUND
		fi
	:: net[r].kind == DELETE_SUB ->
		MUST_NOT(foreign_touched, net[r].target == STRANGERS);
		if
		:: sub && net[r].target == sub_id ->
			/* It takes with it what lives on it. */
			MUST_NOT(foreign_touched, cred);
			sub = false; sub_id = 0; sub_older = false
		:: else -> net[r].answer = NOT_FOUND
		fi
	fi
}

inline release(r)
{
	net[r].st = FREE; net[r].kind = 0; net[r].target = 0; net[r].value = 0;
	net[r].by = NOBODY; net[r].overdue = false; net[r].answer = 0; net[r].id = 0
}

/* Nobody waits for this one any more.  What has not acted yet may still do so. */
inline let_go(r)
{
	if
	:: net[r].st == SENT -> net[r].by = NOBODY; net[r].overdue = false
	:: else -> release(r)
	fi
}

/* ---- 5. A bridge ------------------------------------------------------------- */

/*
 * A pause (SIGSTOP, a slow machine) needs no statement of its own: between any
 * two of these a bridge may stand still for as long as the others like.  What
 * is in one atomic {} is one transaction, one request's way out, or the
 * server's reading of one GET.
 */

/* One mutator: every write travels on the session that holds the lock, so who lost it can write nothing. */
#ifdef BUG_OTHER_CONNECTION
#define ON_THE_LOCKS_SESSION true
#else
#define ON_THE_LOCKS_SESSION (lock == p)
#endif
#define WRITE \
	if \
	:: ON_THE_LOCKS_SESSION -> MUST_NOT_HERE(recorded_without_lock, lock != p) \
	:: else -> goto ended \
	fi

/* The fence: no proof of life within the margin, no byte.  It and the first byte are one step (README, assumption 2). */
#ifdef BUG_NO_FENCE
#define FENCE(p) true
#else
#define FENCE(p) fresh[p]
#endif

/* Open intents of a predecessor, and unknown outcomes, are left alone until they have settled. */
#ifdef BUG_NO_SETTLE
#define LEFT_ALONE false
#else
#define LEFT_ALONE (open && open_settle != SETTLED)
#endif

/* What the difference's query returns for this extension, if it returns it at all. */
#define DIFFERS \
	(!LEFT_ALONE && \
	 ((want && (open || row != ACTIVE || row_cid == 0 || row_digest != want) && (open || row_tried != want)) || \
	  (!want && row != ABSENT && !row_refused)))

/* "An earlier attempt may have acted": then what the ledger has no id for is looked for. */
#ifdef BUG_NO_LOOK
#define LOOK_FIRST false
#else
#define LOOK_FIRST open
#endif
#ifdef BUG_REMOVAL_FORGETS
/* A removal took over the intent of a create, and the next one sees only a removal. */
#define REMOVAL_LOOKS_FIRST (open && open_op == CREATE)
#else
#define REMOVAL_LOOKS_FIRST LOOK_FIRST
#endif

/* The intent: committed before the first request.  One that is open goes on, with its time. */
inline open_intent(op)
{
	if
	:: !open -> open = true; sub_older = sub
	:: else
	fi;
	open_op = op; open_settle = IN_HAND
}

inline close_intent()
{
	open = false; open_op = CREATE; open_settle = IN_HAND
}

inline drop_row()
{
	row = ABSENT; row_sid = 0; row_cid = 0; row_digest = 0; row_tried = 0;
	close_intent()
}

/*
 * Sends one request and waits for what comes of it.  Without an answer before
 * `timeout` the outcome is unknown, whether it acted, will act or never does.
 * Like every atomic {}, a change lets the others go on wherever it has to wait.
 */
inline send(k, t, v)
{
	reading[p] = false;
	if
	:: FENCE(p) ->
		MUST_NOT_HERE(sent_past_margin, !fresh[p]);
		slot = 0;
		do
		:: net[slot].st != FREE -> slot++; assert(slot < SLOTS)
		:: else -> break
		od;
		net[slot].st = SENT; net[slot].kind = k; net[slot].target = t; net[slot].value = v; net[slot].by = p;
		net[slot].st == DONE || net[slot].st == LOST || net[slot].overdue;
		answer = (net[slot].st == DONE && !net[slot].overdue -> net[slot].answer : UNKNOWN);
		id = net[slot].id;
		let_go(slot);
		slot = NO_SLOT
	:: else -> answer = REFUSED
	fi
}

/*
 * The looks of a recovery, each over a complete listing.  Sets `there` where what
 * stands under our e-mail is older than the intent: a stranger's.
 */
inline look_for_subscriber()
{
	if
#if FOREIGN == 1
#ifdef BUG_OLDER_IS_OURS
	:: true -> sid = STRANGERS
#else
	:: true -> there = true
#endif
#else
	:: sub && !sub_older -> sid = sub_id
	:: sub && sub_older -> there = true
	:: else
#endif
	fi
}

/* Under a subscriber of ours a credential of our name is an earlier attempt's. */
inline look_for_credential()
{
	if
	:: sid == STRANGERS -> cid = STRANGERS
	:: sub && sid == sub_id && cred && !cred_handed -> cid = cred_id
	:: sub && sid == sub_id && !(cred && !cred_handed)
	:: sid != STRANGERS && !(sub && sid == sub_id) -> sid = 0
	fi
}

/*
 * A subscriber that is gone sends the look back to its e-mail: the earlier
 * attempt may have found it gone as well, and made another.
 */
inline look_for_what_is_unknown()
{
	if
	:: look && sid && !cid -> look_for_credential()
	:: else
	fi;
	if
#ifdef BUG_OWNER_VANISHED
	:: look && !row_sid ->
#else
	:: look && !sid ->
#endif
		look_for_subscriber();
		if
		:: sid && !there -> look_for_credential()
		:: else
		fi
	:: else
	fi
}

/* GET by id, always again: is it still what the ledger says that it is? */
inline read_for_removal()
{
#ifdef BUG_NO_GET
	there = sid && cid
#else
	there = sid && cid && cred && cred_id == cid;
	reading[p] = there && !cred_handed
#endif
}

inline forget_change()
{
	reading[p] = false;
	wish = 0; sid = 0; cid = 0; old = 0; op = CREATE; was = ABSENT; look = false; there = false;
	id = 0; answer = OK
}

proctype bridge(byte p)
{
	/* The wish and the ledger as the pass read them, and what the change has learned since. */
	byte wish, sid, cid, old;
	mtype op = CREATE, was = ABSENT;
	bool look, there;
	/* The request under way. */
	byte slot = NO_SLOT, id;
	mtype answer = OK;

start:
	{
		skip;	/* a block must not begin with a label */
end_waiting:	/* for the lock: who holds it may be at rest */
		atomic {
			lock == NOBODY && MY_TURN(p) ->
			lock = p; fresh[p] = true; waiting[p] = false;
			/* Taking over: what a predecessor left in hand settles from now on. */
			if
			:: open && open_settle == IN_HAND -> open_settle = SETTLING
			:: else
			fi
		}

end_resting:	/* nothing differs, and nobody has taken the session away */
		atomic {
			lock != p || DIFFERS;
			if
			:: lock != p -> goto ended
			:: else
			fi;
			/* One REPEATABLE READ transaction, and the reads that the change needs before its intent. */
			wish = want; sid = row_sid; cid = row_cid; old = row_digest; was = row;
			op = (open -> open_op : CREATE);
			look = (wish -> LOOK_FIRST : REMOVAL_LOOKS_FIRST);
			look_for_what_is_unknown();
			if
			:: wish && there -> goto foreign
			:: wish && !there && row_cid && row != CREATING -> goto update
			:: wish && !there && !(row_cid && row != CREATING) -> goto create
			:: !wish && row == CREATING && !open && !sid && !cid ->
				/* Nothing was ever made for it. */
				drop_row();
				goto next
			:: else ->
				/* Where only a stranger's is there, nothing of ours ever was: `sid` is 0 then. */
				read_for_removal();
				if
				:: there && cred_handed -> goto not_removed
				:: else -> goto remove
				fi
			fi
		}

		/* -- create: the subscriber by e-mail, then the credential -- */
create:
#ifndef BUG_INTENT_LATER
		atomic {
			WRITE;
			open_intent(CREATE);
			row = CREATING; row_cid = 0; row_digest = 0
		}
#endif
		atomic {
			if
			:: !sid ->
				send(POST_SUB, 0, 0);
				if
				:: answer == OK -> sid = id
				:: answer == NOT_UNIQUE && look ->
					/* An earlier attempt of this same create acted late, or it is foreign. */
					look_for_subscriber();
					if
					:: there || !sid -> goto foreign
					:: else
					fi
				:: answer == NOT_UNIQUE && !look -> goto foreign
				:: answer == REFUSED -> goto refused
				:: answer == UNKNOWN -> goto unknown
				fi
			:: else
			fi;
			if
			:: !cid ->
				send(POST_CRED, sid, wish);
				if
				:: answer == OK -> cid = id; goto done
				:: answer == NOT_UNIQUE && look -> look_for_credential()
				:: answer == NOT_UNIQUE && !look -> goto foreign
				:: answer == NOT_FOUND -> sid = 0; goto gone
				:: answer == REFUSED -> goto refused
				:: answer == UNKNOWN -> goto unknown
				fi;
				if
				:: !cid -> goto foreign
				:: else
				fi
			:: else
			fi;
			/* Found: ours, and who knows with what in it.  Everything is sent again. */
			send(PATCH, cid, wish);
			if
			:: answer == OK -> goto done
			:: answer == NOT_FOUND -> cid = 0; goto gone
			:: answer == REFUSED -> goto refused
			:: answer == UNKNOWN -> goto unknown
			fi
		}

		/* -- update: what differs, by the digest -- */
update:
		atomic {
			WRITE;
			open_intent(UPDATE);
#ifndef BUG_DIGEST_KEPT
			/* What is about to be sent is unknown until its outcome is. */
			row_digest = 0
#endif
		}
		atomic {
			if
			:: old == wish && look && op == UPDATE && was == ACTIVE ->
				/* An open intent, and by the digest there is nothing to send again. */
				goto done
			:: else
			fi;
			send(PATCH, cid, wish);
			if
			:: answer == OK -> goto done
			:: answer == NOT_FOUND ->
				/* Asked again by its id, behind a canary. */
				if
				:: cred && cred_id == cid -> goto refused
				:: else -> cid = 0; goto gone
				fi
			:: answer == REFUSED -> goto refused
			:: answer == UNKNOWN -> goto unknown
			fi
		}

		/* -- remove: the credential, then the subscriber if nothing lives on it -- */
remove:
		atomic {
			WRITE;
#ifndef BUG_NO_RECHECK
			/* The key is read from the source again, in the intent's own transaction. */
			if
			:: want -> goto next
			:: else
			fi;
#endif
			MUST_NOT_HERE(wanted_removed, want != 0);
			open_intent(REMOVE);
			row = REMOVING
		}
		atomic {
			if
			:: there ->
				send(DELETE_CRED, cid, 0);
				if
				:: answer == OK || answer == NOT_FOUND
				:: answer == REFUSED -> goto refused
				:: answer == UNKNOWN -> goto unknown
				fi
			:: else
			fi;
			/* Listed first: where something lives on it, it stays, and the ledger lets go of it. */
			if
			:: sid && sub && sub_id == sid && !cred ->
				send(DELETE_SUB, sid, 0);
				if
				:: answer == OK || answer == NOT_FOUND
				:: answer == REFUSED -> goto refused
				:: answer == UNKNOWN -> goto unknown
				fi
			:: else
			fi;
			WRITE;
			drop_row();
			goto next
		}

		/* -- how a change ends -- */
done:
		atomic {
			WRITE;
			row = ACTIVE; row_sid = sid; row_cid = cid; row_digest = wish; row_tried = 0;
			close_intent();
			goto next
		}
gone:		/* What the ledger had an id for is not there any more: the id is cleared, the row is a create. */
		atomic {
			WRITE;
			row_sid = sid; row_cid = 0;
			close_intent();
			goto next
		}
foreign:	/* "Exists remotely, not in the ledger": left alone until something else is wanted. */
		atomic {
			WRITE;
			row_sid = sid; row_tried = wish;
			close_intent();
			goto next
		}
not_removed:	/* Its name is not the ledger's any more: an operator has to look at it. */
		atomic {
			WRITE;
			row_refused = true;
			goto next
		}
unknown:	/* Stays open, and settles from its first byte on. */
		atomic {
			WRITE;
			if
			:: !open -> open_intent(CREATE)	/* only with BUG_INTENT_LATER */
			:: else
			fi;
			open_settle = SETTLING;
			row_sid = (sid -> sid : row_sid);
			goto next
		}
refused:	/* Certain: it did not act.  What the change has learned is kept, and the process ends. */
		atomic {
			WRITE;
			row_sid = (sid -> sid : row_sid);
#ifndef BUG_FOUND_LOST
			if
			:: cid && row == CREATING -> row_cid = cid; row = ACTIVE; row_digest = 0
			:: cid && row == REMOVING -> row_cid = cid
			:: else
			fi;
#endif
			/* An update's digest is put back; of what is in anything else nothing is known. */
			if
			:: was == ACTIVE && row == ACTIVE && row_cid -> row_digest = old
			:: else
			fi;
			close_intent();
			goto ended
		}

next:
		atomic { forget_change(); goto end_resting }
ended:
		skip
	} unless { atomic { kill[p]?_ -> faults-- } };

	/* The end of a process, whatever brought it about: the session closes, and nobody reads the answer. */
	atomic {
		if
		:: slot != NO_SLOT -> let_go(slot); slot = NO_SLOT
		:: else
		fi;
		if
		:: lock == p -> lock = NOBODY
		:: else
		fi;
		fresh[p] = false; waiting[p] = true;
		forget_change();
		goto start
	}
}

/* ---- 6. The world ------------------------------------------------------------ */

#define PAST_THE_MARGIN(q) (lock == q || !fresh[q])

/*
 * settle > timeout + margin: when it is over, every request that was under way
 * has acted or never will, and whoever lost the lock before has no proof of
 * life left.  This is where the model has its clock.
 */
#ifdef BUG_SHORT_SETTLE
#define SETTLE_IS_OVER true
#else
#define SETTLE_IS_OVER (NOTHING_UNDER_WAY && PAST_THE_MARGIN(0) && PAST_THE_MARGIN(1))
#endif

#if FOREIGN
#define REJECTED (row_tried == want && !cred)
#else
#define REJECTED false
#endif
#define SAME (row == ACTIVE && row_digest == want && sub && row_sid == sub_id && \
	      cred && row_cid == cred_id && cred_value == want)
#define IN_STEP \
	((want && !open && (SAME || REJECTED)) || \
	 (!want && !open && row == ABSENT && !sub && !cred) || \
	 (!want && row_refused && cred_handed))

inline request_fares(r)
{
	if
	:: act(r);
		if
		:: net[r].by == NOBODY -> release(r)
		:: else -> net[r].st = DONE
		fi
	:: net[r].by == NOBODY -> release(r)
	:: net[r].by != NOBODY && faults > 0 -> faults--; net[r].st = LOST
	:: net[r].by != NOBODY && faults > 0 -> faults--; net[r].st = DONE; net[r].answer = REFUSED
	fi
}

/* No answer in time: it acted and its answer is late or lost, or it has not acted yet. */
#define ANSWER_CAN_FAIL(r) (faults > 0 && net[r].by != NOBODY && !net[r].overdue && (net[r].st == SENT || net[r].st == DONE))

inline fault_of(q)
{
	if
	:: lock == q -> faults--; lock = NOBODY			/* the database ends the session */
	:: lock == q && fresh[q] -> faults--; fresh[q] = false	/* heartbeats stay out, the session is alive */
	fi
}

proctype world()
{
	do
	/* the PBX */
	:: atomic { edits > 0 -> edits--;
		if
		:: want != 0 -> want = 0
		:: want != 1 -> want = 1
		:: want != PASSWORDS -> want = PASSWORDS
		fi }
	/* the remote side */
	:: atomic { net[0].st == SENT -> request_fares(0) }
	:: atomic { net[1].st == SENT -> request_fares(1) }
	:: atomic { net[2].st == SENT -> request_fares(2) }
	:: atomic { ANSWER_CAN_FAIL(0) -> faults--; net[0].overdue = true }
	:: atomic { ANSWER_CAN_FAIL(1) -> faults--; net[1].overdue = true }
	:: atomic { ANSWER_CAN_FAIL(2) -> faults--; net[2].overdue = true }
#ifdef HANDED
	/* Never between the GET and the DELETE of one removal: no client can close that gap (README, assumption 5). */
	:: atomic { cred && !cred_handed && row_cid == cred_id && NO_REMOVAL_UNDER_WAY -> cred_handed = true }
#endif
	/* faults: a crash, a SIGKILL, the end of a cron run; then those of the connection to the database */
	:: kill[(faults > 0 && !waiting[0] -> 0 : NOBODY)]!0
	:: kill[(faults > 0 && !waiting[1] -> 1 : NOBODY)]!0
	:: atomic { faults > 0 && lock == 0 -> fault_of(0) }
	:: atomic { faults > 0 && lock == 1 -> fault_of(1) }
	/* time */
	:: atomic { lock != 0 && fresh[0] -> fresh[0] = false }
	:: atomic { lock != 1 && fresh[1] -> fresh[1] = false }
	:: atomic { open && open_settle == SETTLING && SETTLE_IS_OVER -> open_settle = SETTLED }
	/* From here on nothing goes wrong any more, */
	:: atomic { faults > 0 -> faults = 0 }
	:: atomic { edits > 0 -> edits = 0 }
	/* and where nobody has anything left to do, all must agree. */
	:: atomic { timeout -> MUST_NOT(out_of_step, !(IN_STEP)); break }
	od
}

init {
	atomic {
		release(0); release(1); release(2);
		run bridge(0);
		run bridge(1);
		run world()
	}
}
