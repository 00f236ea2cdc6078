// The empty call in C++: an asynchronous server that gives back what it got. One thread and one queue, as it has one core.
// A generic service takes any method, so that nothing has to be generated. `echo PORT`; prints the port when it listens.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr size_t kAtOnce = 256;

// One call after the other, in three steps: wait for a call, read its message, answer.
class Call {
 public:
  void step(grpc::AsyncGenericService &service, grpc::ServerCompletionQueue &queue, bool went_well) {
    if (!went_well) step_ = Step::kWait;
    switch (step_) {
      case Step::kWait:
        context_ = std::make_unique<grpc::GenericServerContext>();
        stream_ = std::make_unique<grpc::GenericServerAsyncReaderWriter>(context_.get());
        message_.Clear();
        service.RequestCall(context_.get(), stream_.get(), &queue, &queue, this);
        step_ = Step::kRead;
        break;
      case Step::kRead:
        stream_->Read(&message_, this);
        step_ = Step::kAnswer;
        break;
      case Step::kAnswer:
        stream_->WriteAndFinish(message_, grpc::WriteOptions(), grpc::Status::OK, this);
        step_ = Step::kWait;
        break;
    }
  }

 private:
  enum class Step { kWait, kRead, kAnswer };
  Step step_ = Step::kWait;
  std::unique_ptr<grpc::GenericServerContext> context_;
  std::unique_ptr<grpc::GenericServerAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;
};

}  // namespace

int main(int count, char **given) {
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  int port = 0;
  const std::string address = std::string("127.0.0.1:") + (count > 1 ? given[1] : "0");
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterAsyncGenericService(&service);
  auto queue = builder.AddCompletionQueue();
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::printf("%d\n", port);
  std::fflush(stdout);
  std::vector<Call> calls(kAtOnce);
  for (auto &call : calls) call.step(service, *queue, true);
  void *which = nullptr;
  bool went_well = false;
  while (queue->Next(&which, &went_well)) static_cast<Call *>(which)->step(service, *queue, went_well);
}
