package sk2siem.http;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.lucene.util.BytesRef;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.common.bytes.ReleasableBytesReference;
import org.elasticsearch.common.recycler.Recycler;
import org.elasticsearch.http.HttpResponse;
import org.elasticsearch.rest.ChunkedRestResponseBodyPart;
import org.elasticsearch.rest.RestStatus;

/** An answer of Elasticsearch; {@link #body} makes one array of it, also where the server would stream. */
final class Response implements HttpResponse {

    /** Where the bytes of the answer come from. */
    private interface Content {
        byte[] read(Recycler<BytesRef> recycler) throws Exception;
    }

    private static final int CHUNK_BYTES = 1 << 16;

    private final RestStatus status;
    private final Content content;
    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    private Response(RestStatus status, Content content) {
        this.status = status;
        this.content = content;
    }

    static Response whole(RestStatus status, BytesReference bytes) {
        return new Response(status, recycler -> BytesReference.toBytes(bytes));
    }

    static Response chunked(RestStatus status, ChunkedRestResponseBodyPart firstPart) {
        return new Response(status, recycler -> join(firstPart, recycler));
    }

    int status() {
        return status.getStatus();
    }

    Map<String, List<String>> headers() {
        return headers;
    }

    byte[] body(Recycler<BytesRef> recycler) throws Exception {
        return content.read(recycler);
    }

    @Override
    public void addHeader(String name, String value) {
        headers.computeIfAbsent(name, absent -> new ArrayList<>()).add(value);
    }

    @Override
    public boolean containsHeader(String name) {
        return headers.containsKey(name);
    }

    private static byte[] join(ChunkedRestResponseBodyPart firstPart, Recycler<BytesRef> recycler) throws Exception {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        ChunkedRestResponseBodyPart part = firstPart;
        copy(part, recycler, joined);
        while (!part.isLastPart()) {
            part = next(part);
            copy(part, recycler, joined);
        }
        return joined.toByteArray();
    }

    private static void copy(ChunkedRestResponseBodyPart part, Recycler<BytesRef> recycler, ByteArrayOutputStream target)
        throws Exception {
        while (!part.isPartComplete()) {
            try (ReleasableBytesReference chunk = part.encodeChunk(CHUNK_BYTES, recycler)) {
                chunk.writeTo(target);
            }
        }
    }

    private static ChunkedRestResponseBodyPart next(ChunkedRestResponseBodyPart part) throws Exception {
        CompletableFuture<ChunkedRestResponseBodyPart> next = new CompletableFuture<>();
        part.getNextPart(ActionListener.wrap(next::complete, next::completeExceptionally));
        return next.get();
    }
}
